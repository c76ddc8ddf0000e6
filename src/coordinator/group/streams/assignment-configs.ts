/** The settings that a target assignment depends on, as the group's record keeps them: a change asks for a new one. */
import type { GroupConfig } from '../../../config/group-config.ts';

export function assignmentConfigs(config: GroupConfig): ReadonlyMap<string, string> {
  const { streamsNumStandbyReplicas: replicas, streamsRackAwareAssignmentTags: tags } = config;
  const configs = new Map([['num.standby.replicas', String(replicas)]]);
  if (tags.length > 0) configs.set('rack.aware.assignment.tags', tags.join(','));
  return configs;
}
