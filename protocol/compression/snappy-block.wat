;; Expands one raw snappy block, without the length in front of it, within the memory.
;;
;; A block is a row of elements, each opening with a tag whose low two bits say what it is: literals (0; the other bits are
;; their number less 1, from 60 on the number of bytes that hold it), or a copy of what lies some distance back in the
;; output: 4 to 11 bytes, 11 bits of distance (1), or 1 to 64 bytes, two (2) or four bytes of distance (3).
;;
;; Bytes are copied 16 or 8 at a time, up to 15 too many: behind the output there must be so many to spare, and behind the
;; input three may be read that are not its own.
(module
  (memory (export "memory") 34)

  ;; Expands the input from $at to $end into the output from $out to $outEnd (both ends exclusive). Gives the end of what
  ;; was written; -1 if the block is damaged or does not fit.
  (func (export "expand") (param $at i32) (param $end i32) (param $out i32) (param $outEnd i32) (result i32)
    (local $start i32) (local $tag i32) (local $length i32) (local $distance i32) (local $from i32) (local $stop i32)
    (local $bytes i32)
    (local.set $start (local.get $out))
    (block $over
      (loop $element
        (br_if $over (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $tag (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $length (i32.add (i32.shr_u (local.get $tag) (i32.const 2)) (i32.const 1)))
        (if (i32.eqz (i32.and (local.get $tag) (i32.const 3)))
          (then
            (if (i32.gt_u (local.get $length) (i32.const 60))
              (then
                (local.set $bytes (i32.sub (local.get $length) (i32.const 60)))
                (if (i32.gt_u (local.get $bytes) (i32.sub (local.get $end) (local.get $at))) (then (return (i32.const -1))))
                ;; The low bytes of a word; one of all bits is too long for any output, with 1 or without.
                (local.set $length
                  (i32.and
                    (i32.load (local.get $at))
                    (i32.shr_u (i32.const -1) (i32.shl (i32.sub (i32.const 4) (local.get $bytes)) (i32.const 3)))))
                (if (i32.eq (local.get $length) (i32.const -1)) (then (return (i32.const -1))))
                (local.set $length (i32.add (local.get $length) (i32.const 1)))
                (local.set $at (i32.add (local.get $at) (local.get $bytes)))))
            (if (i32.or
                  (i32.gt_u (local.get $length) (i32.sub (local.get $end) (local.get $at)))
                  (i32.gt_u (local.get $length) (i32.sub (local.get $outEnd) (local.get $out))))
              (then (return (i32.const -1))))
            (if (i32.le_u (local.get $length) (i32.const 16))
              (then (v128.store (local.get $out) (v128.load (local.get $at))))
              (else (memory.copy (local.get $out) (local.get $at) (local.get $length))))
            (local.set $at (i32.add (local.get $at) (local.get $length)))
            (local.set $out (i32.add (local.get $out) (local.get $length))))
          (else
            (if (i32.eq (i32.and (local.get $tag) (i32.const 3)) (i32.const 1))
              (then
                (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const -1))))
                (local.set $length
                  (i32.add (i32.and (i32.shr_u (local.get $tag) (i32.const 2)) (i32.const 7)) (i32.const 4)))
                (local.set $distance
                  (i32.or
                    (i32.shl (i32.shr_u (local.get $tag) (i32.const 5)) (i32.const 8))
                    (i32.load8_u (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 1))))
              (else
                (if (i32.eq (i32.and (local.get $tag) (i32.const 3)) (i32.const 2))
                  (then
                    (local.set $bytes (i32.const 2))
                    (local.set $distance (i32.load16_u (local.get $at))))
                  (else
                    (local.set $bytes (i32.const 4))
                    (local.set $distance (i32.load (local.get $at)))))
                (if (i32.gt_u (local.get $bytes) (i32.sub (local.get $end) (local.get $at))) (then (return (i32.const -1))))
                (local.set $at (i32.add (local.get $at) (local.get $bytes)))))
            (if (i32.or
                  (i32.or
                    (i32.eqz (local.get $distance))
                    (i32.gt_u (local.get $distance) (i32.sub (local.get $out) (local.get $start))))
                  (i32.gt_u (local.get $length) (i32.sub (local.get $outEnd) (local.get $out))))
              (then (return (i32.const -1))))
            (local.set $from (i32.sub (local.get $out) (local.get $distance)))
            (local.set $stop (i32.add (local.get $out) (local.get $length)))
            (if (i32.ge_u (local.get $distance) (i32.const 16))
              (then
                (loop $copy
                  (v128.store (local.get $out) (v128.load (local.get $from)))
                  (local.set $out (i32.add (local.get $out) (i32.const 16)))
                  (local.set $from (i32.add (local.get $from) (i32.const 16)))
                  (br_if $copy (i32.lt_u (local.get $out) (local.get $stop)))))
              (else
                ;; Bytes go one by one until the pattern that they repeat is there often enough to be copied in eights.
                (block $enough
                  (loop $copy
                    (br_if $enough (i32.ge_u (i32.sub (local.get $out) (local.get $from)) (i32.const 8)))
                    (br_if $enough (i32.ge_u (local.get $out) (local.get $stop)))
                    (local.set $tag (i32.const 0))
                    (loop $pattern
                      (i32.store8
                        (i32.add (local.get $out) (local.get $tag))
                        (i32.load8_u (i32.add (local.get $from) (local.get $tag))))
                      (local.set $tag (i32.add (local.get $tag) (i32.const 1)))
                      (br_if $pattern (i32.lt_u (local.get $tag) (local.get $distance))))
                    (local.set $out (i32.add (local.get $out) (local.get $distance)))
                    (br $copy)))
                (block $done
                  (loop $copy
                    (br_if $done (i32.ge_u (local.get $out) (local.get $stop)))
                    (i64.store (local.get $out) (i64.load (local.get $from)))
                    (local.set $out (i32.add (local.get $out) (i32.const 8)))
                    (local.set $from (i32.add (local.get $from) (i32.const 8)))
                    (br $copy)))))
            (local.set $out (local.get $stop))))
        (br $element)))
    (local.get $out)))
