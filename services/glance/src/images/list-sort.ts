import { badRequest } from '@longhaul/oslo/api'

/** Columns that a list may be sorted by. */
const sortColumns = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const

export type SortColumn = (typeof sortColumns)[number]
type Direction = 'asc' | 'desc'

export interface SortKey {
  column: SortColumn
  direction: Direction
}

/**
 * The order of a list: either `sort=name:asc,size` or repeated `sort_key` with one `sort_dir` for all or one for each.
 * Behind the keys asked for come `created_at` and `id`.
 *
 * @throws ApiError 400 `invalid_sort`
 * @see openstack/glance glance/api/v2/images.py, _get_sorting_params
 */
export function sortOf(params: {
  sort: string | undefined
  keys: string[]
  directions: string[]
}): SortKey[] {
  const { keys, directions } = params
  let pairs: [key: string, direction?: string][]
  if (params.sort === undefined) {
    const wanted = keys.length > 0 ? keys : ['created_at']
    if (directions.length > 1 && directions.length !== keys.length)
      throw invalid('Number of sort dirs does not match the number of sort keys')
    pairs = wanted.map((key, index) => [key, directions[index] ?? directions[0] ?? 'desc'])
  } else {
    if (keys.length + directions.length > 0) throw invalid('Old and new sorting syntax cannot be combined')
    pairs = params.sort.split(',').map((part) => {
      const [key = '', direction] = part.split(/:(.*)/s)
      return [key, direction || 'desc']
    })
  }
  const sort = pairs.map(([key, direction]) => ({ column: columnOf(key), direction: directionOf(direction) }))
  const [only] = sort
  const rest = sort.length === 1 && only ? only.direction : (singleDirection(params) ?? 'desc')
  for (const column of ['created_at', 'id'] as const) {
    if (sort.every((key) => key.column !== column)) sort.push({ column, direction: rest })
  }
  return sort
}

/** One `sort_dir` for all is also that of the keys behind. */
function singleDirection({ directions }: { directions: string[] }): Direction | undefined {
  return directions.length === 1 ? directionOf(directions[0]) : undefined
}

function columnOf(key: string): SortColumn {
  const column = sortColumns.find((candidate) => candidate === key.trim())
  if (column === undefined) throw invalid(`Invalid sort key: must be one of ${sortColumns.join(', ')}`)
  return column
}

function directionOf(text = ''): Direction {
  const direction = text.trim()
  if (direction !== 'asc' && direction !== 'desc')
    throw invalid('Invalid sort direction: must be asc or desc')
  return direction
}

function invalid(message: string) {
  return badRequest(message, { code: 'invalid_sort' })
}
