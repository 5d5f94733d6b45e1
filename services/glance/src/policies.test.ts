import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { routesOf, shapeOf } from '@longhaul/oslo/testing'
import { policyRules } from './policy-rules.ts'
import { putData, queuedImage, testGlance, type TestGlance } from './testing/glance.ts'

/** A service on the database of another, with a policy file of these rules. */
async function withPolicy(
  t: TestContext,
  after: TestGlance,
  rules: Record<string, string>,
): Promise<TestGlance> {
  const directory = await mkdtemp(join(tmpdir(), 'glance-policy-'))
  t.after(() => rm(directory, { recursive: true }))
  const policyFile = join(directory, 'policy.yaml')
  await writeFile(policyFile, JSON.stringify(rules))
  return await testGlance(t, { after, policyFile })
}

interface Stage {
  glance: TestGlance
  /** A queued, shared image of the project demo, shared with the project partner. */
  id: string
  /** An active image of the project demo. */
  active: string
}

type Who = 'owner' | 'member' | 'admin'
type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

interface Guarded {
  action: string
  method: Method
  /** Behind `/v2`. */
  path: (stage: Stage) => string
  payload?: unknown
  who?: Who
  allowed: number
  /** Default 403. */
  denied?: number
}

const partner = 'id-project-partner'
const image = ({ id }: Stage) => `/images/${id}`
const active = (stage: Stage) => `/images/${stage.active}`
const below = (of: (stage: Stage) => string, rest: string) => (stage: Stage) => `${of(stage)}${rest}`
const visible = (value: string) => [{ op: 'replace', path: '/visibility', value }]

const guarded: Guarded[] = [
  { action: 'add_image', method: 'POST', path: () => '/images', payload: {}, allowed: 201 },
  { action: 'get_images', method: 'GET', path: () => '/images', allowed: 200 },
  { action: 'get_image', method: 'GET', path: image, allowed: 200, denied: 404 },
  { action: 'get_image', method: 'GET', path: below(image, '/tasks'), allowed: 200, denied: 404 },
  { action: 'modify_image', method: 'PATCH', path: image, payload: visible('private'), allowed: 200 },
  { action: 'modify_image', method: 'PUT', path: below(image, '/tags/x'), allowed: 204 },
  { action: 'modify_image', method: 'DELETE', path: below(image, '/tags/first'), allowed: 204 },
  { action: 'modify_image', method: 'PUT', path: below(image, '/stage'), payload: 'data', allowed: 204 },
  {
    action: 'modify_image',
    method: 'POST',
    path: below(image, '/import'),
    payload: { method: { name: 'glance-direct' } },
    // It is not staged.
    allowed: 409,
  },
  { action: 'delete_image', method: 'DELETE', path: image, allowed: 204 },
  {
    action: 'publicize_image',
    method: 'PATCH',
    path: image,
    payload: visible('public'),
    who: 'admin',
    allowed: 200,
  },
  { action: 'communitize_image', method: 'PATCH', path: image, payload: visible('community'), allowed: 200 },
  { action: 'upload_image', method: 'PUT', path: below(image, '/file'), payload: 'data', allowed: 204 },
  { action: 'download_image', method: 'GET', path: below(active, '/file'), allowed: 200 },
  { action: 'deactivate', method: 'POST', path: below(active, '/actions/deactivate'), allowed: 204 },
  { action: 'reactivate', method: 'POST', path: below(active, '/actions/reactivate'), allowed: 204 },
  {
    action: 'add_member',
    method: 'POST',
    path: below(image, '/members'),
    payload: { member: 'x' },
    allowed: 200,
  },
  { action: 'get_members', method: 'GET', path: below(image, '/members'), allowed: 200 },
  {
    action: 'get_member',
    method: 'GET',
    path: below(image, `/members/${partner}`),
    allowed: 200,
    denied: 404,
  },
  {
    action: 'modify_member',
    method: 'PUT',
    path: below(image, `/members/${partner}`),
    payload: { status: 'accepted' },
    who: 'member',
    allowed: 200,
  },
  { action: 'delete_member', method: 'DELETE', path: below(image, `/members/${partner}`), allowed: 204 },
  { action: 'tasks_api_access', method: 'GET', path: () => '/tasks', who: 'admin', allowed: 200 },
  {
    action: 'tasks_api_access',
    method: 'GET',
    path: () => '/tasks/nothing',
    who: 'admin',
    allowed: 404,
  },
]

const callers: Record<Who, (glance: TestGlance) => Record<string, string>> = {
  owner: (glance) => glance.as(),
  member: (glance) => glance.as({ userName: 'paul', projectName: 'partner' }),
  admin: (glance) => glance.asAdmin(),
}

async function setStage(t: TestContext): Promise<Stage> {
  const glance = await testGlance(t)
  const owner = glance.as()
  const id = await queuedImage(glance, owner, { tags: ['first'] })
  const second = await queuedImage(glance, owner)
  await putData(glance, second, owner)
  const url = `/v2/images/${id}/members`
  await glance.app.inject({ method: 'POST', url, headers: owner, payload: { member: partner } })
  return { glance, id, active: second }
}

async function ask(
  stage: Stage,
  glance: TestGlance,
  { method, path, payload }: Guarded,
  who: Record<string, string>,
) {
  const type =
    typeof payload === 'string'
      ? 'application/octet-stream'
      : method === 'PATCH'
        ? 'application/openstack-images-v2.1-json-patch'
        : 'application/json'
  const answer = await fetch(`${await glance.listen()}/v2${path(stage)}`, {
    method,
    headers: { ...who, ...(payload === undefined ? {} : { 'content-type': type }) },
    ...(payload === undefined
      ? {}
      : { body: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
  })
  await answer.arrayBuffer()
  return answer.status
}

test('rules name calls that exist', async (t) => {
  const glance = await testGlance(t)
  const routes = new Set((await routesOf(glance.app)).map(shapeOf))
  const named = policyRules.flatMap(({ operations = [] }) => operations.map(shapeOf))
  assert.deepEqual(
    named.filter((call) => !routes.has(call)),
    [],
  )
})

describe('policy', () => {
  for (const one of guarded) {
    const title = `${one.method} /v2${one.path({ glance: null!, id: '{id}', active: '{id}' })}`
    test(`${title} is for whom ${one.action} allows it, and for nobody if a file says so`, async (t) => {
      const stage = await setStage(t)
      const who = callers[one.who ?? 'owner'](stage.glance)
      const closed = await withPolicy(t, stage.glance, { [one.action]: '!' })
      assert.equal(await ask(stage, closed, one, who), one.denied ?? 403)
      assert.equal(await ask(stage, stage.glance, one, who), one.allowed)
    })
  }

  test('every action has its test', () => {
    const actions = policyRules.map(({ action }) => action)
    const tested = new Set([...guarded.map(({ action }) => action), 'context_is_admin'])
    assert.deepEqual(new Set(actions), tested)
  })

  test('a file may give a reader what is for members', async (t) => {
    const stage = await setStage(t)
    const reader = stage.glance.as({ roleNames: ['reader'] })
    const rule = 'role:reader and project_id:%(project_id)s'
    const open = await withPolicy(t, stage.glance, { modify_image: rule })
    const change = guarded.find(({ method }) => method === 'PATCH')!
    assert.equal(await ask(stage, stage.glance, change, reader), 403)
    assert.equal(await ask(stage, open, change, reader), 200)
  })

  test('a file may say who sees the images of all projects', async (t) => {
    const stage = await setStage(t)
    const auditor = stage.glance.as({
      userName: 'ann',
      projectName: 'audit',
      roleNames: ['auditor', 'reader'],
    })
    const open = await withPolicy(t, stage.glance, { context_is_admin: 'role:auditor' })
    const show = guarded.find(({ action }) => action === 'get_image')!
    assert.equal(await ask(stage, stage.glance, show, auditor), 404)
    assert.equal(await ask(stage, open, show, auditor), 200)
    assert.equal(await ask(stage, open, show, stage.glance.asAdmin()), 404)
  })

  test('a changed file takes effect when it is read again, a bad one does not', async (t) => {
    const stage = await setStage(t)
    const directory = await mkdtemp(join(tmpdir(), 'glance-policy-'))
    t.after(() => rm(directory, { recursive: true }))
    const policyFile = join(directory, 'policy.yaml')
    await writeFile(policyFile, 'get_images: "!"\n')
    const glance = await testGlance(t, { after: stage.glance, policyFile })
    const list = guarded.find(({ action }) => action === 'get_images')!
    assert.equal(await ask(stage, glance, list, glance.as()), 403)
    await writeFile(policyFile, 'get_images: "@"\n')
    glance.policy.reload()
    assert.equal(await ask(stage, glance, list, glance.as()), 200)
    await writeFile(policyFile, 'get_images: "(("\n')
    assert.throws(() => glance.policy.reload())
    assert.equal(await ask(stage, glance, list, glance.as()), 200)
  })
})
