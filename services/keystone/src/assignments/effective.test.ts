import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GrantRow } from '../db/tables.ts'
import { effectiveOf, type Surroundings } from './effective.ts'

const grant = (row: Partial<GrantRow>): GrantRow => ({
  actor_kind: 'user',
  actor_id: 'ann',
  target_kind: 'project',
  target_id: 'top',
  role_id: 'member',
  inherited: 0,
  ...row,
})

const around: Surroundings = {
  members: [
    { group_id: 'crew', user_id: 'ann' },
    { group_id: 'crew', user_id: 'bob' },
  ],
  projects: [
    { id: 'top', parent_id: 'domain' },
    { id: 'middle', parent_id: 'top' },
    { id: 'leaf', parent_id: 'middle' },
    { id: 'beside', parent_id: 'domain' },
  ],
  implications: new Map([
    ['admin', ['member']],
    ['member', ['reader']],
  ]),
  domainRoles: new Set(['local']),
}

const shown = (grants: GrantRow[], surroundings: Partial<Surroundings> = {}, only?: string[]) =>
  effectiveOf(grants, { ...around, ...surroundings }, only && new Set(only)).map(
    ({ actorId, roleId, targetId }) => `${actorId} ${roleId} ${targetId}`,
  )

describe('what really counts', () => {
  it('is the role that was granted and what it implies', () => {
    assert.deepEqual(shown([grant({ role_id: 'admin' })]), [
      'ann admin top',
      'ann member top',
      'ann reader top',
    ])
  })

  it('says which role implies one', () => {
    const all = effectiveOf([grant({ role_id: 'admin' })], around)
    assert.deepEqual(
      all.map((one) => one.priorRoleId),
      [undefined, 'admin', 'member'],
    )
  })

  it('is for each user of a group, and for nobody in an empty one', () => {
    const ofGroup = { actor_kind: 'group', actor_id: 'crew', role_id: 'reader' } as const
    assert.deepEqual(shown([grant(ofGroup)]), ['ann reader top', 'bob reader top'])
    assert.deepEqual(shown([grant({ ...ofGroup, actor_id: 'empty' })]), [])
  })

  it('is below the target if it is inherited', () => {
    const reader = { role_id: 'reader', inherited: 1 }
    assert.deepEqual(shown([grant(reader)]), ['ann reader middle', 'ann reader leaf'])
    assert.deepEqual(shown([grant({ ...reader, target_kind: 'domain', target_id: 'domain' })]), [
      'ann reader top',
      'ann reader middle',
      'ann reader leaf',
      'ann reader beside',
    ])
  })

  it('is where it is asked for', () => {
    const grants = [
      grant({ role_id: 'reader' }),
      grant({ role_id: 'reader', target_id: 'leaf' }),
      grant({ role_id: 'other', inherited: 1 }),
    ]
    assert.deepEqual(shown(grants, {}, ['leaf']), ['ann reader leaf', 'ann other leaf'])
  })

  it('leaves roles of domains out, but not what they imply', () => {
    const implications = new Map([
      ['local', ['deeper']],
      ['deeper', ['reader']],
    ])
    assert.deepEqual(
      shown([grant({ role_id: 'local' })], { implications, domainRoles: new Set(['local', 'deeper']) }),
      ['ann reader top'],
    )
  })
})
