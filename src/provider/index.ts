export type { Provider, RoleAttribute, Signature } from './provider.ts'
export { selfManaged } from './self-managed.ts'
