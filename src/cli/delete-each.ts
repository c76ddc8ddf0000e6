/** Deletes what a command names, one after the other, and tells of each. */
import { forEach } from './cluster-access.ts';
import type { CommandContext } from './context.ts';

/** @param field what its name is called in JSON */
export function deleteEach(
  names: readonly string[],
  context: CommandContext,
  remove: (name: string) => Promise<void>,
  field: 'name' | 'groupId',
): Promise<void> {
  const { output } = context;
  return forEach(
    names,
    context,
    (name) => `cannot delete ${name}`,
    async (name) => {
      await remove(name);
      if (output.isJson) await output.json({ [field]: name, isDeleted: true });
      else await output.line(`deleted ${name}`);
    },
  );
}
