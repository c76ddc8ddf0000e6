/** Code that differs by version: equal neighbours are merged, so that each difference costs one comparison. */
import type { StructModel } from './model.ts';

interface Step {
  readonly first: number;
  readonly code: string;
}

/** Runs of versions with the same code, oldest first. */
function steps(struct: StructModel, codeOf: (version: number) => string): Step[] {
  const result: Step[] = [];
  for (let version = struct.min; version <= struct.max; version++) {
    const code = codeOf(version);
    if (result.at(-1)?.code !== code) result.push({ first: version, code });
  }
  return result;
}

/** One expression for all versions: `version >= 9 ? a : b`. */
export function byVersion(struct: StructModel, codeOf: (version: number) => string): string {
  let expression = '';
  for (const { first, code } of steps(struct, codeOf)) {
    expression = expression === '' ? code : `version >= ${first} ? ${code} : ${expression}`;
  }
  return expression;
}

/** Statements for all versions, as one chain of `if`s from the newest down; '' for none. */
export function statementByVersion(struct: StructModel, codeOf: (version: number) => string): string {
  const runs = steps(struct, codeOf);
  let statement = '';
  let hasGap = false;
  for (let index = runs.length - 1; index >= 0; index--) {
    const { first, code } = runs[index] as Step;
    if (code === '') {
      hasGap = true;
      continue;
    }
    const conditions: string[] = [];
    if (index > 0) conditions.push(`version >= ${first}`);
    // Without a gap the chain's earlier branches have taken all newer versions.
    const next = runs[index + 1];
    if (hasGap && next !== undefined) conditions.push(`version < ${next.first}`);
    const condition = conditions.join(' && ');
    if (statement !== '') statement += ' else ';
    if (condition !== '') statement += `if (${condition}) `;
    statement += statement === '' ? code : `{ ${code} }`;
  }
  return statement;
}
