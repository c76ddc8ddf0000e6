;; Expands one raw LZ4 block within the memory.
;;
;; A block is a row of sequences: a token (high half: number of literals, low half: length of the match less 4; 15 means
;; that bytes follow which add to it, the last of them below 255), the literals, and a match: its distance (two bytes,
;; little-endian), counted back from where it is to go. The last sequence ends with its literals.
;;
;; As readers in C and Java demand, a match begins 12 bytes before the end of the room or earlier and ends five bytes before
;; it, and a token and five literals follow it.
;;
;; Bytes are copied 16 or 8 at a time, up to 15 too many: behind the output there must be so many to spare.
(module
  (memory (export "memory") 34)

  ;; Where a length ends that goes on in bytes of the input; the length itself is the result.
  (global $behind (mut i32) (i32.const 0))
  (func $longer (param $length i32) (param $at i32) (param $end i32) (result i32)
    (local $byte i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end))
        (then (global.set $behind (local.get $end)) (return (i32.const 0x7fffffff))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $length (i32.add (local.get $length) (local.get $byte)))
      (br_if $next (i32.eq (local.get $byte) (i32.const 255))))
    (global.set $behind (local.get $at))
    (local.get $length))

  ;; Expands the input from $at to $end into the output from $out to $outEnd (both ends exclusive). Gives the end of what
  ;; was written; -1 if the block is damaged or does not fit.
  (func (export "expand") (param $at i32) (param $end i32) (param $out i32) (param $outEnd i32) (result i32)
    (local $start i32) (local $token i32) (local $length i32) (local $distance i32) (local $from i32) (local $stop i32)
    (local.set $start (local.get $out))
    (loop $sequence
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $token (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      ;; literals
      (local.set $length (i32.shr_u (local.get $token) (i32.const 4)))
      (if (i32.eq (local.get $length) (i32.const 15))
        (then
          (local.set $length (call $longer (local.get $length) (local.get $at) (local.get $end)))
          (local.set $at (global.get $behind))))
      (if (i32.or
            (i32.gt_u (local.get $length) (i32.sub (local.get $end) (local.get $at)))
            (i32.gt_u (local.get $length) (i32.sub (local.get $outEnd) (local.get $out))))
        (then (return (i32.const -1))))
      (if (i32.le_u (local.get $length) (i32.const 16))
        (then (v128.store (local.get $out) (v128.load (local.get $at))))
        (else (memory.copy (local.get $out) (local.get $at) (local.get $length))))
      (local.set $at (i32.add (local.get $at) (local.get $length)))
      (local.set $out (i32.add (local.get $out) (local.get $length)))
      (if (i32.eq (local.get $at) (local.get $end)) (then (return (local.get $out))))
      ;; match
      (if (i32.or
            (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8))
            (i32.lt_u (i32.sub (local.get $outEnd) (local.get $out)) (i32.const 12)))
        (then (return (i32.const -1))))
      (local.set $distance (i32.load16_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (if (i32.or
            (i32.eqz (local.get $distance))
            (i32.gt_u (local.get $distance) (i32.sub (local.get $out) (local.get $start))))
        (then (return (i32.const -1))))
      (local.set $length (i32.and (local.get $token) (i32.const 15)))
      (if (i32.eq (local.get $length) (i32.const 15))
        (then
          (local.set $length (call $longer (local.get $length) (local.get $at) (local.get $end)))
          (local.set $at (global.get $behind))
          (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 6)) (then (return (i32.const -1))))))
      ;; Four bytes more than the length says, and five behind them.
      (if (i32.gt_u (local.get $length) (i32.sub (i32.sub (local.get $outEnd) (local.get $out)) (i32.const 9)))
        (then (return (i32.const -1))))
      (local.set $length (i32.add (local.get $length) (i32.const 4)))
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
              (local.set $token (i32.const 0))
              (loop $pattern
                (i32.store8
                  (i32.add (local.get $out) (local.get $token))
                  (i32.load8_u (i32.add (local.get $from) (local.get $token))))
                (local.set $token (i32.add (local.get $token) (i32.const 1)))
                (br_if $pattern (i32.lt_u (local.get $token) (local.get $distance))))
              (local.set $out (i32.add (local.get $out) (local.get $distance)))
              (br $copy)))
          (block $done
            (loop $copy
              (br_if $done (i32.ge_u (local.get $out) (local.get $stop)))
              (i64.store (local.get $out) (i64.load (local.get $from)))
              (local.set $out (i32.add (local.get $out) (i32.const 8)))
              (local.set $from (i32.add (local.get $from) (i32.const 8)))
              (br $copy)))))
      (local.set $out (local.get $stop))
      (br $sequence))
    (i32.const -1)))
