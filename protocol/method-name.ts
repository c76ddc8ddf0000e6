/** Names of the methods of Reader and Writer. */
import type { Field } from './schema.ts';

/** The method of Reader and Writer for a value that is neither struct nor array. */
export function methodName(type: Field['type'], isCompact: boolean, isNullable: boolean): string {
  if (type !== 'string' && type !== 'bytes' && type !== 'records') return type;
  const kind = type === 'string' ? 'string' : 'bytes';
  const name = isNullable ? `nullable${capitalize(kind)}` : kind;
  return isCompact ? `compact${capitalize(name)}` : name;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
