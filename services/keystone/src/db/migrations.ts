import type { Migrations } from '@longhaul/oslo/db'
import { initial } from './0001-initial.ts'

/** The schema, step by step. A step that was released is never changed. */
export const migrations: Migrations = { '0001-initial': initial }

/** What brings the schema up to date. */
export const syncVerb = 'keystone-manage db_sync'
