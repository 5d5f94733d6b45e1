import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readFilters } from '../filters.ts'
import { startTown } from '../testing/personas.ts'
import { testKeystone } from '../testing/keystone.ts'
import { tagFilters } from './schema.ts'
import { passesTagFilters } from './tags.ts'

describe('filters of tags', () => {
  const tags = ['blue', 'round']
  for (const [query, passes] of [
    [{ tags: 'blue' }, true],
    [{ tags: 'blue,round' }, true],
    [{ tags: 'blue,red' }, false],
    [{ 'tags-any': 'red,blue' }, true],
    [{ 'tags-any': 'red' }, false],
    [{ 'not-tags': 'blue,red' }, true],
    [{ 'not-tags': 'blue,round' }, false],
    [{ 'not-tags-any': 'blue,red' }, false],
    [{ 'not-tags-any': 'red' }, true],
    [{ tags: 'blue', 'not-tags-any': 'round' }, false],
    [{ tags__contains: 'nothing' }, true],
  ] as const) {
    it(`${JSON.stringify(query)} ${passes ? 'shows' : 'hides'} a project with ${tags.join(' and ')}`, () => {
      assert.equal(passesTagFilters(tags, readFilters(query, tagFilters)), passes)
    })
  }
})

describe('tags that two processes add at once', () => {
  it('are all there', async () => {
    await using town = await startTown()
    await using second = await testKeystone({ beside: town })
    const token = await town.tokenOf('admin')
    const names = Array.from({ length: 20 }, (_, index) => `tag-${index}`)
    const answers = await Promise.all(
      names.map((name, index) =>
        [town, second][index % 2]!.call('PUT', `/v3/projects/${town.house}/tags/${name}`, { token }),
      ),
    )
    assert.deepEqual(new Set(answers.map((answer) => answer.statusCode)), new Set([201]))
    const { tags } = (await town.call('GET', `/v3/projects/${town.house}/tags`, { token })).json<{
      tags: string[]
    }>()
    assert.deepEqual(tags.toSorted(), names.toSorted())
  })
})
