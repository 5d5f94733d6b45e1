import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { impliedBy, implicationsOf } from './implied.ts'

const rules = (...pairs: string[]) =>
  implicationsOf(
    pairs.map((pair) => {
      const [prior_role_id, implied_role_id] = pair.split('>')
      return { prior_role_id: prior_role_id!, implied_role_id: implied_role_id! }
    }),
  )

describe('what a role implies', () => {
  it('is nothing without a rule', () => {
    assert.deepEqual([...impliedBy('a', rules('b>c'))], [])
  })

  it('counts at every distance, with the next role that implies it', () => {
    assert.deepEqual(
      [...impliedBy('a', rules('a>b', 'b>c', 'a>d'))],
      [
        ['b', 'a'],
        ['d', 'a'],
        ['c', 'b'],
      ],
    )
  })

  it('counts once, by the shortest way', () => {
    assert.deepEqual(
      [...impliedBy('a', rules('a>b', 'b>c', 'a>c'))],
      [
        ['b', 'a'],
        ['c', 'a'],
      ],
    )
  })

  it('ends in a circle', () => {
    assert.deepEqual(
      [...impliedBy('a', rules('a>b', 'b>c', 'c>a', 'c>b', 'a>a'))],
      [
        ['b', 'a'],
        ['c', 'b'],
      ],
    )
  })
})
