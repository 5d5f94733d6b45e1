import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from './database.ts'
import { keysetAfter, keysetOrder, type SortKey } from './keyset.ts'

interface Row {
  id: number
  colour: string | null
  size: number
}
const rows: Row[] = [
  { id: 1, colour: 'red', size: 2 },
  { id: 2, colour: null, size: 1 },
  { id: 3, colour: 'blue', size: 2 },
  { id: 4, colour: 'red', size: 1 },
  { id: 5, colour: null, size: 2 },
]

test('pages of one row each are the whole list, in any order and with absent values', async () => {
  const db = openDatabase<{ things: Row }>('sqlite://')
  await sql`create table things (id integer, colour text, size integer)`.execute(db.kysely)
  await db.kysely.insertInto('things').values(rows).execute()
  const list = async (keys: readonly SortKey[], names: readonly (keyof Row)[], marker?: Row) => {
    let query = db.kysely.selectFrom('things').selectAll().orderBy(keysetOrder(keys))
    if (marker)
      query = query
        .where(
          keysetAfter(
            keys,
            names.map((name) => marker[name]),
          ),
        )
        .limit(1)
    return await query.execute()
  }
  const orders: [keyof Row, 'asc' | 'desc'][][] = [
    [
      ['colour', 'asc'],
      ['id', 'asc'],
    ],
    [
      ['colour', 'desc'],
      ['id', 'desc'],
    ],
    [
      ['colour', 'desc'],
      ['size', 'asc'],
      ['id', 'asc'],
    ],
    [
      ['size', 'desc'],
      ['colour', 'asc'],
      ['id', 'desc'],
    ],
  ]
  for (const order of orders) {
    const keys = order.map(([name, direction]) => ({ by: sql.ref(name), direction }))
    const names = order.map(([name]) => name)
    const whole = await list(keys, names)
    assert.equal(whole.length, rows.length)
    for (const [i, row] of whole.entries()) {
      assert.deepEqual(await list(keys, names, row), whole.slice(i + 1, i + 2), JSON.stringify(order))
    }
  }
  const first = await list(
    [
      { by: sql.ref('colour'), direction: 'asc' },
      { by: sql.ref('id'), direction: 'asc' },
    ],
    [],
  )
  assert.deepEqual(
    first.map(({ id }) => id),
    [2, 5, 3, 1, 4],
    'absent values come first',
  )
  await db.close()
})
