/** How roles were carried over: what was left out by request is not compared. */
export interface RoleChoices {
  owners: 'keep' | 'skip'
  /** Grants and default privileges. */
  privileges: 'keep' | 'skip'
  /** Names on the source to names on the target, where these differ. */
  roleMap: ReadonlyMap<string, string>
}
