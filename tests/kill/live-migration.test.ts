import { killInMigrations } from './moving-cases.ts'

killInMigrations('live')
