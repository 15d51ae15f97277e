export type {
  ColumnFacts,
  ConstraintFacts,
  DatabaseFacts,
  ForeignKeyFacts,
  IndexFacts,
  SequenceFacts,
  TableFacts,
} from './facts.ts'
