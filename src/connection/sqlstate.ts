/** SQLSTATEs that pgleap acts upon, by meaning (PostgreSQL docs, Appendix A). Code branches on these, never on text. */
export const SQLSTATE = {
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  noSuchDatabase: '3D000',
  noPrivilege: '42501',
  tooManyConnections: '53300',
  diskFull: '53100',
  outOfMemory: '53200',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
  databaseDropped: '57P04',
  serializationFailure: '40001',
  deadlock: '40P01',
  lockNotAvailable: '55P03',
  readOnlyTransaction: '25006',
  undefinedTable: '42P01',
  undefinedSchema: '3F000',
  undefinedObject: '42704',
  undefinedFunction: '42883',
  duplicateDatabase: '42P04',
  wrongObjectType: '42809',
  invalidParameterValue: '22023',
  objectInUse: '55006',
} as const

/** Class 08: the connection failed or was lost, or a proxy in between says so. */
export const CONNECTION_EXCEPTION_CLASS = '08'

/** The server goes down or is not up yet: the session is gone, and a new one will work after a while. */
export const SERVER_RESTARTING: readonly string[] = [
  SQLSTATE.adminShutdown,
  SQLSTATE.crashShutdown,
  SQLSTATE.cannotConnectNow,
]

/** Others were in the way: the same transaction may well go through when it is run again. */
export const CONTENTION: readonly string[] = [
  SQLSTATE.serializationFailure,
  SQLSTATE.deadlock,
  SQLSTATE.lockNotAvailable,
]

/** What Node reports on a socket that was alive and is not any more. */
export const SOCKET_LOST: readonly string[] = [
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
]

/** What Node reports where nobody answers now, but somebody may soon. */
export const NOT_REACHABLE_NOW: readonly string[] = ['ECONNREFUSED', 'EAI_AGAIN']
