import type { CommonOptions } from '../migrate/index.ts'

export interface RehearseOptions extends CommonOptions {
  /** Connection string of the database whose schema is tried. It is only read. */
  source: string
  /** Connection string of any database of the target server: the scratch database is made beside it, and dropped at the end. */
  target?: string
  /** Without a target: the major of an embedded server, which lives as long as the rehearsal. */
  to?: number
  /** Whether rows are copied as well, which tells what fails with them and how long it takes. @defaultValue 'none' */
  data?: 'copy' | 'none'
  /** Share of each larger table's rows to copy, above 0 and at most 1; implies `data: 'copy'`. @defaultValue 1 */
  sample?: number
  /** Steps at a time of the run to come: the copy is made with as many. @defaultValue 4 */
  jobs?: number
  /** A native pg_dump to use in place of the bundled one. */
  pgDump?: string
}
