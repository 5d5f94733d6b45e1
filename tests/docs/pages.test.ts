import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { createLogger } from '@longhaul/oslo/log'
import type { PolicyRule } from '@longhaul/oslo/policy'
import { Config, type OptionGroup } from '@longhaul/oslo-config'
import { clientsFromConfig as cinderClientsFromConfig } from '../../services/cinder/src/clients.ts'
import { policyRules as cinderRules } from '../../services/cinder/src/policy-rules.ts'
import { policyRules as glanceRules } from '../../services/glance/src/policy-rules.ts'
import { policyRules as keystoneRules } from '../../services/keystone/src/policy-rules.ts'
import { rules as novaRules } from '../../services/nova/src/api/policy.ts'
import { clientsFromConfig } from '../../services/nova/src/clients.ts'
import { configFiles, librarySections } from './config-files.ts'
import { computeApi, microversionsPage, versionsIn, volumeApi } from './microversions-page.ts'
import { pages } from './pages.ts'
import { generatedFiles, root } from './repository.ts'

for (const { path, text } of pages) {
  test(`${path} is what the source says; if not, \`npm run docs\` makes it so`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text())
  })
}

test('no page is left of what is generated no longer', () => {
  assert.deepEqual(generatedFiles().toSorted(), pages.map(({ path }) => path).toSorted())
})

const namesOf = (groups: readonly OptionGroup[]) =>
  groups.flatMap(({ group, table }) => Object.keys(table).map((name) => `[${group}] ${name}`))

for (const { name, describe } of [
  ...configFiles,
  ...librarySections.map(({ path, describe }) => ({ name: path, describe })),
]) {
  test(`${name}: every option says what it is, and every number what it counts`, () => {
    for (const { group, table } of describe()) {
      for (const [option, { type, settings }] of Object.entries(table)) {
        assert.match(settings.help, /^[A-Z][^]{14,}\.$/, `[${group}] ${option}: a sentence`)
        const counts = type === 'integer' || type === 'float'
        assert.equal(settings.unit !== undefined, counts, `[${group}] ${option}: ${settings.unit}`)
        const chosen = settings.required === true || 'default' in settings
        if (type === 'boolean') assert.ok(chosen, `[${group}] ${option} is off or on by default`)
      }
    }
  })
}

for (const [service, sectionNames, open] of [
  ['nova', ['glance', 'compute_agent'], clientsFromConfig],
  ['cinder', ['nova'], cinderClientsFromConfig],
] as const) {
  test(`the pages of ${service} have every option that its processes read to reach others and to be reached`, async () => {
    const credentials = 'auth_type = password\nauth_url = http://127.0.0.1:1\nusername = u\npassword = p\n'
    const account = `${credentials}user_domain_name = d\nproject_name = p\nproject_domain_name = d\n`
    const sections = ['keystone_authtoken', ...sectionNames].map((name) => `[${name}]\n${account}`)
    const conf = Config.parse(
      `${sections.join('')}[service_user]\nsend_service_user_token = true\n${account}`,
    )
    const authToken = authTokenFromConfig(conf)
    const clients = open(conf, 'test', createLogger({ service: 'test', level: 'silent' }))
    await Promise.all([authToken.close(), clients.close()])
    const read = namesOf([...conf.registered()])
    assert.ok(read.length > 80)
    for (const { name, describe } of configFiles.filter((file) => file.service === service)) {
      const told = new Set(namesOf(describe()))
      assert.deepEqual(
        read.filter((option) => !told.has(option)),
        [],
        name,
      )
    }
  })
}

const policies: [string, readonly PolicyRule[]][] = [
  ['keystone', keystoneRules],
  ['glance', glanceRules],
  ['cinder', cinderRules],
  ['nova', novaRules],
]
for (const [service, rules] of policies) {
  test(`${service}: every rule says what it is, and guards a call or serves another rule`, () => {
    const referred = new Set(rules.flatMap(({ check }) => check.match(/(?<=rule:)[\w:-]+/g) ?? []))
    for (const { action, description, operations = [] } of rules) {
      assert.match(description, /^[A-Z][^]+/, action)
      assert.ok(operations.length > 0 || referred.has(action) || unused.has(action), action)
    }
  })
}

/** Checks that Keystone has for the sake of policy files only: no default refers to them. */
const unused = new Set([
  'admin_or_owner',
  'admin_or_token_subject',
  'service_admin_or_token_subject',
  'service_or_admin',
])

test('the end of something belongs to the next version, everything else to its own', () => {
  const text = "{ to: '2.52' } if (version.atLeast('2.75')) served({ from: '2.11', to: '2.35' })"
  assert.deepEqual([...versionsIn(text, '2')], ['2.53', '2.75', '2.11', '2.36'])
})

for (const api of [computeApi, volumeApi]) {
  test(`of every version of the ${api.title} API that changes something the page says where`, () => {
    const page = microversionsPage(api)
    const everywhere = new Set(['2.1', '2.18', '3.0'])
    for (const [version, change] of api.history) {
      if (everywhere.has(version) || change.startsWith('-')) continue
      const row = page.split('\n').find((line) => line.startsWith(`| ${version} |`))
      assert.match(row ?? '', /\.ts`\]/, version)
    }
  })
}

test('links between the pages of the repository lead somewhere', () => {
  const files = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...globSync(['docs/**/*.md', 'packages/*/README.md'], { cwd: root }),
  ]
  const broken = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!)
    return targets
      .filter((target) => !existsSync(join(root, dirname(file), target)))
      .map((target) => `${file}: ${target}`)
  })
  assert.deepEqual(broken, [])
})
