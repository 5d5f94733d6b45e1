import { integerOption, stringOption } from '@longhaul/oslo-config'
import type { OptionTable } from '@longhaul/oslo-config'

/** `[database]`, the same in every service. */
export const databaseOptions = {
  connection: stringOption({
    help: 'Database: sqlite:////absolute/file or postgresql://user:password@host/name.',
    required: true,
    secret: true,
  }),
  max_pool_size: integerOption({
    help: 'Connections to PostgreSQL at most, for each process.',
    unit: 'connections',
    default: 5,
    min: 1,
  }),
} satisfies OptionTable
