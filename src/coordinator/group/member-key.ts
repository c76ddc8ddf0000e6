/** Names a member among those of all groups: both ids may hold whatever would separate them. */
export function memberKey(groupId: string, memberId: string): string {
  return `${groupId.length} ${groupId} ${memberId}`;
}
