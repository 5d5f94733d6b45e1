export { parseConnection, DatabaseUrlError } from './connection.ts'
export type { Connection } from './connection.ts'
export { openDatabase } from './database.ts'
export type { Database, DatabaseKind, DatabaseOptions } from './database.ts'
export {
  isBadValue,
  isConnectionError,
  isDatabaseAway,
  isTransientDatabaseError,
  isForeignKeyViolation,
  isUniqueViolation,
} from './errors.ts'
export { keysetAfter, keysetOrder } from './keyset.ts'
export type { SortKey } from './keyset.ts'
export { assertMigrated, DatabaseAheadError, DatabaseBehindError, syncDatabase } from './migrations.ts'
export type { Migration, MigrationOptions, Migrations, MigrationSchema } from './migrations.ts'
export { databaseOptions } from './options.ts'
export { pgTransactionClient } from './transaction-client.ts'
