import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readAssignmentQuery } from './query.ts'

describe('what a list of role assignments asks for', () => {
  it('is everything by default', () => {
    assert.deepEqual(readAssignmentQuery({}), {
      userId: undefined,
      groupId: undefined,
      roleId: undefined,
      projectId: undefined,
      domainId: undefined,
      system: false,
      inherited: undefined,
      effective: false,
      includeNames: false,
      includeSubtree: false,
    })
  })

  it('is read by name', () => {
    const query = readAssignmentQuery({
      'user.id': 'u',
      'role.id': 'r',
      'scope.project.id': 'p',
      'scope.OS-INHERIT:inherited_to': 'projects',
      effective: '',
      include_names: 'True',
      include_subtree: '0',
    })
    assert.deepEqual(
      [query.userId, query.roleId, query.projectId, query.inherited, query.effective],
      ['u', 'r', 'p', true, true],
    )
    assert.deepEqual([query.includeNames, query.includeSubtree], [true, false])
  })

  it('is the system only if all of it is meant', () => {
    assert.equal(readAssignmentQuery({ 'scope.system': 'all' }).system, true)
    assert.equal(readAssignmentQuery({ 'scope.system': 'true' }).system, false)
  })

  for (const query of [
    { 'scope.domain.id': 'd', 'scope.project.id': 'p' },
    { 'scope.domain.id': 'd', 'scope.system': 'all' },
    { 'scope.project.id': 'p', 'scope.system': 'all' },
    { 'user.id': 'u', 'group.id': 'g' },
    { 'group.id': 'g', effective: '' },
    { 'scope.domain.id': 'd', effective: '', 'scope.OS-INHERIT:inherited_to': 'projects' },
  ]) {
    it(`cannot be ${Object.keys(query).join(' with ')}`, () => {
      assert.throws(() => readAssignmentQuery(query), { status: 400, code: 'query_invalid' })
    })
  }
})
