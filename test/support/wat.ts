/**
 * Assembles WebAssembly text, as far as the sources in `protocol/compression` use it: one module with one memory, globals,
 * functions of i32 locals, and folded instructions.
 */
import assert from 'node:assert/strict';

type Node = string | Node[];

/** Opcodes without immediates. */
const PLAIN: Readonly<Record<string, readonly number[]>> = {
  return: [0x0f],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.lt_u': [0x49],
  'i32.gt_u': [0x4b],
  'i32.le_u': [0x4d],
  'i32.ge_u': [0x4f],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i32.shr_u': [0x76],
  'memory.copy': [0xfc, 0x0a, 0, 0],
};

/** Loads and stores; what follows is the alignment (always by byte here) and the offset. */
const MEMORY: Readonly<Record<string, readonly number[]>> = {
  'i32.load': [0x28],
  'i64.load': [0x29],
  'i32.load8_u': [0x2d],
  'i32.load16_u': [0x2f],
  'i64.store': [0x37],
  'i32.store8': [0x3a],
  'v128.load': [0xfd, 0],
  'v128.store': [0xfd, 11],
};

const MAGIC_AND_VERSION = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const NO_RESULT = 0x40;
const END = 0x0b;

function parse(text: string): Node[] {
  const stack: Node[][] = [[]];
  for (const token of text.replace(/;;.*/g, '').match(/[()]|"[^"]*"|[^\s()]+/g) ?? []) {
    if (token === '(') stack.push([]);
    else if (token === ')') {
      const done = stack.pop() as Node[];
      stack.at(-1)?.push(done);
    } else stack.at(-1)?.push(token);
  }
  assert.equal(stack.length, 1, 'parentheses');
  return stack[0] as Node[];
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...sized(list(items))];
const text = (quoted: string): number[] => sized([...Buffer.from(quoted.slice(1, -1))]);
const fields = (node: Node, name: string): Node[][] =>
  (node as Node[]).filter((item): item is Node[] => Array.isArray(item) && item[0] === name);

class FunctionBody {
  readonly #names: { locals: string[]; globals: string[]; functions: string[] };

  constructor(names: { locals: string[]; globals: string[]; functions: string[] }) {
    this.#names = names;
  }

  code(nodes: readonly Node[], labels: readonly string[]): number[] {
    return nodes.flatMap((node) => this.#instruction(node as Node[], labels));
  }

  #instruction([name, ...rest]: Node[], labels: readonly string[]): number[] {
    assert(typeof name === 'string');
    const [first, ...others] = rest;
    const index = (names: readonly string[], label: Node | undefined): number[] => {
      const at = names.indexOf(label as string);
      assert(at >= 0, `unknown ${String(label)}`);
      return unsigned(at);
    };
    const { locals, globals, functions } = this.#names;
    const operands = (nodes: Node[]): number[] => this.code(nodes, labels);
    if (name in PLAIN) return [...operands(rest), ...(PLAIN[name] ?? [])];
    if (name in MEMORY) return [...operands(rest.filter(Array.isArray)), ...(MEMORY[name] ?? []), 0, 0];
    switch (name) {
      case 'i32.const':
        return [0x41, ...signed(Number(first) | 0)];
      case 'local.get':
        return [0x20, ...index(locals, first)];
      case 'local.set':
        return [...operands(others), 0x21, ...index(locals, first)];
      case 'global.get':
        return [0x23, ...index(globals, first)];
      case 'global.set':
        return [...operands(others), 0x24, ...index(globals, first)];
      case 'call':
        return [...operands(others), 0x10, ...index(functions, first)];
      case 'br':
      case 'br_if':
        return [...operands(others), name === 'br' ? 0x0c : 0x0d, ...index(labels, first)];
      case 'block':
      case 'loop':
        return [name === 'block' ? 2 : 3, NO_RESULT, ...this.code(others, [first as string, ...labels]), END];
      case 'if': {
        const [condition, then, otherwise] = rest as Node[][];
        const inner = ['', ...labels];
        const after = otherwise === undefined ? [] : [5, ...this.code(otherwise.slice(1), inner)];
        return [
          ...operands([condition as Node]),
          4,
          NO_RESULT,
          ...this.code((then ?? []).slice(1), inner),
          ...after,
          END,
        ];
      }
      default:
        return assert.fail(`unknown instruction ${name}`);
    }
  }
}

/** The binary module that `source` says. */
export function assemble(source: string): Buffer {
  const module = parse(source)[0] as Node[];
  const globals = fields(module, 'global');
  const functions = fields(module, 'func');
  const nameOf = (node: Node[]): string => (typeof node[1] === 'string' ? node[1] : '');
  const names = { globals: globals.map(nameOf), functions: functions.map(nameOf) };
  const [memory = []] = fields(module, 'memory');
  const exported = (node: Node[], kind: number, index: number): number[][] =>
    fields(node, 'export').map(([, name]) => [...text(name as string), kind, ...unsigned(index)]);
  const bodies = functions.map((node) => {
    const [params, locals] = [fields(node, 'param'), fields(node, 'local')];
    const body = new FunctionBody({ ...names, locals: [...params, ...locals].map(nameOf) });
    const rest = node.filter(
      (item) => Array.isArray(item) && !['export', 'param', 'result', 'local'].includes(item[0] as string),
    );
    const declared = locals.length === 0 ? [] : [[...unsigned(locals.length), I32]];
    return sized([...list(declared), ...body.code(rest, []), END]);
  });
  return Buffer.from([
    ...MAGIC_AND_VERSION,
    ...section(
      1,
      functions.map((node) => [0x60, ...list(fields(node, 'param').map(() => [I32])), 1, I32]),
    ),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[0, ...unsigned(Number(memory.at(-1)))]]),
    ...(globals.length === 0
      ? []
      : section(
          6,
          globals.map(() => [I32, 1, 0x41, 0, END]),
        )),
    ...section(7, [...exported(memory, 2, 0), ...functions.flatMap((node, index) => exported(node, 0, index))]),
    ...section(10, bodies),
  ]);
}
