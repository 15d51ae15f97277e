export type { Session, Side } from './session.ts'
