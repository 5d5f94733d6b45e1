import { after, before, describe } from 'node:test'
import { byToken, onProject, passwordOf } from '../testing/keystone.ts'
import { startLab, type Lab } from '../testing/lab.ts'
import type { Marks } from '../testing/marks.ts'
import { replay } from '../testing/replay.ts'

describe('revocation, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())

  /** A new user in a new project with a token of each kind, under the names of the recording. */
  const victim = async (marks: Marks, roles: readonly string[] = ['member']) => {
    if (marks.get('<id:user:rec-v>')) {
      await removed('user', marks.get('<id:user:rec-v>')!)
      await removed('project', marks.get('<id:project:rec-p>')!)
    }
    await lab.admin('POST', '/v3/projects', { project: { name: 'rec-p' } })
    marks.set('<id:project:rec-p>', await lab.id('project', 'rec-p'))
    marks.set('<id:user:rec-v>', await lab.user('rec-v', 'rec-p', roles))
    marks.set('<token:scoped>', await lab.login('rec-v', onProject('rec-p')))
    marks.set('<token:unscoped>', await lab.login('rec-v', 'unscoped'))
    lab.pass(1)
  }
  const removed = async (kind: 'user' | 'project', id: string) => {
    await lab.call('DELETE', `/v3/${kind}s/${id}`, { token: await lab.token('admin') })
  }
  const family = async (marks: Marks, revoked: 'parent' | 'child') => {
    const parent = await lab.token('demo')
    const answer = await lab.call('POST', '/v3/auth/tokens', {
      body: { auth: { identity: byToken(parent), scope: onProject('demo') } },
    })
    const child = String(answer.headers['x-subject-token'])
    marks.set('<token:child>', child)
    marks.set('<token:parent2>', parent)
    const subject = revoked === 'parent' ? parent : child
    await lab.call('DELETE', '/v3/auth/tokens', { token: subject, subject })
  }
  const ofUser = (change: Record<string, unknown>) => () => lab.change('user', 'rec-v', change)
  const ofProject = (change: Record<string, unknown>) => () => lab.change('project', 'rec-p', change)
  const role = (name: string, method?: 'DELETE') => () => lab.grant('rec-v', 'rec-p', name, method)
  /** A new victim, and then what happens to it. */
  const to = (happens: (marks: Marks) => unknown, roles?: readonly string[]) => async (marks: Marks) => {
    await victim(marks, roles)
    await happens(marks)
  }

  replay('revoke', () => lab, {
    meanwhile: {
      'child after its parent was deleted': (marks) => family(marks, 'parent'),
      'parent after its child was deleted': (marks) => family(marks, 'child'),
      'password changed by admin (PATCH): scoped token': to(ofUser({ password: 'another' })),
      'password changed by the user (POST): scoped token': to((marks) =>
        lab.call('POST', `/v3/users/${marks.get('<id:user:rec-v>')}/password`, {
          body: { user: { original_password: passwordOf('rec-v'), password: 'another' } },
        }),
      ),
      'user disabled: scoped token': to(ofUser({ enabled: false })),
      'user disabled, undone: scoped token': ofUser({ enabled: true }),
      'user deleted: scoped token': to((marks) => removed('user', marks.get('<id:user:rec-v>')!)),
      'user renamed: scoped token': to(ofUser({ name: 'rec-v2' })),
      'only role removed: scoped token': to(role('member', 'DELETE')),
      'only role removed, undone: scoped token': role('member'),
      'one of two roles removed: scoped token': to(role('service', 'DELETE'), ['member', 'service']),
      'role added: scoped token': to(role('service')),
      'project disabled: scoped token': to(ofProject({ enabled: false })),
      'project disabled, undone: scoped token': ofProject({ enabled: true }),
      'project deleted: scoped token': to((marks) => removed('project', marks.get('<id:project:rec-p>')!)),
    },
  })
})
