/** Finds groups for those who speak the classic protocol. */
import type { GroupEnvironment } from '../environment.ts';
import { ClassicGroup } from './group.ts';

/** The classic group of an id; undefined when there is none, or one of another protocol. */
export function classicGroup(env: GroupEnvironment, groupId: string): ClassicGroup | undefined {
  const group = env.groups.get(groupId);
  return group instanceof ClassicGroup ? group : undefined;
}
