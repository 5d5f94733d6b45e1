import { randomBytes, randomUUID } from 'node:crypto'
import {
  badRequest,
  createApi,
  identityErrorFormat,
  serviceUnavailable,
  type ApiError,
} from '@longhaul/oslo/api'
import type { ApiApp, TlsMaterial } from '@longhaul/oslo/api'
import { isBadValue, isDatabaseAway, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { FastifyRequest } from 'fastify'
import { domainsHeldBy, projectsHeldBy, rolesGiven } from './assignments/held.ts'
import { passwordMethod } from './auth/methods/password.ts'
import { tokenMethod } from './auth/methods/token.ts'
import { tokenRoutes } from './auth/routes.ts'
import { targetRoutes } from './auth/targets.ts'
import { callersBy } from './caller.ts'
import { isUrlTemplate } from './catalog/catalog.ts'
import { linked } from './collection.ts'
import { given } from './columns.ts'
import { longestUse, passwordRules, type Settings } from './config.ts'
import type { GroupRow, Tables } from './db/tables.ts'
import { discoveryRoutes } from './discovery/routes.ts'
import { domains, domainView } from './domains/domains.ts'
import { domainRoutes } from './domains/routes.ts'
import { domainStore } from './domains/store.ts'
import { endpoints } from './endpoints/endpoints.ts'
import { endpointRoutes } from './endpoints/routes.ts'
import { endpointStore } from './endpoints/store.ts'
import { grants } from './grants/grants.ts'
import { grantRoutes } from './grants/routes.ts'
import { grantStore } from './grants/store.ts'
import { groups, groupView } from './groups/groups.ts'
import { members } from './groups/members.ts'
import { groupRoutes } from './groups/routes.ts'
import { groupStore, memberStore } from './groups/store.ts'
import { Passwords } from './passwords.ts'
import { policyEnforcer } from './policy-rules.ts'
import { projects, projectView } from './projects/projects.ts'
import { relativesOf } from './projects/relatives.ts'
import { projectRoutes } from './projects/routes.ts'
import { projectStore } from './projects/store.ts'
import { tagRules } from './projects/tags.ts'
import { clientError } from './refusal.ts'
import { regions } from './regions/regions.ts'
import { regionRoutes } from './regions/routes.ts'
import { regionStore } from './regions/store.ts'
import { PerRevision, Revision, type Db } from './revision.ts'
import type { RevocationCause } from './revoke/events.ts'
import { addRevocation, announceRetention, readRevocations, revocationEvent } from './revoke/store.ts'
import { roleAssignmentRoutes } from './role-assignments/routes.ts'
import { impliedRoles } from './roles/implied-roles.ts'
import { roles, roleView } from './roles/roles.ts'
import { roleRoutes } from './roles/routes.ts'
import { roleStore } from './roles/store.ts'
import type { Row } from './row-store.ts'
import { serviceRoutes } from './services/routes.ts'
import { services } from './services/services.ts'
import { serviceStore } from './services/store.ts'
import type { Delegations } from './token/delegations.ts'
import { KeyRepository } from './token/key-repository.ts'
import { Knowledge } from './token/knowledge.ts'
import { TokenProvider } from './token/provider.ts'
import { userRoutes } from './users/routes.ts'
import { userStore } from './users/store.ts'
import { asksForNobody, users, userView } from './users/users.ts'

export interface AppOptions {
  settings: Settings
  database: Database<Tables>
  logger: Logger
  version: string
  now?: () => Date
  randomUUID?: () => string
  /** For audit ids and the IVs of tokens. */
  randomBytes?: (count: number) => Buffer
  /** What stands behind application credentials and the like; by default nothing, so such tokens are refused. */
  delegations?: Delegations
  tls?: TlsMaterial
  /** For whoever reads the policy file again; by default made from the settings. */
  policy?: Enforcer
}

/** Puts the Identity service together; the only place that knows all its rooms. */
export function createApp(options: AppOptions): ApiApp {
  const { settings, database, logger } = options
  const db = database.kysely
  const now = options.now ?? (() => new Date())
  const uuid = options.randomUUID ?? randomUUID
  const newId = () => uuid().replaceAll('-', '')
  const defaultDomainId = settings.identity.default_domain_id
  const revision = new Revision(database)
  const write: Revision['write'] = (work) => revision.write(work)

  const app = createIdentityApi(options, now, uuid)
  const policy = options.policy ?? policyEnforcer(settings.policy.policy_file)
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')

  const knowledge = new PerRevision({ current: () => revision.thisTurn() }, () => {
    return new Knowledge({
      db,
      revocations: () => readRevocations(db),
      delegations: options.delegations ?? (() => Promise.resolve(undefined)),
      urlValues: { public_endpoint: settings.DEFAULT.public_endpoint },
    })
  })
  const provider = new TokenProvider({
    keys: new KeyRepository(settings.fernetTokens.key_repository),
    knowledge: () => knowledge.current(),
    settings: { methods: settings.auth.methods, defaultDomainId },
    expiration: settings.token.expiration,
    allowExpiredWindow: settings.token.allow_expired_window,
    now,
    randomBytes: options.randomBytes ?? randomBytes,
  })
  const callers = callersBy(provider)
  const passwords = new Passwords(passwordRules(settings))
  const hashPassword = (password: string) => passwords.hash(password)
  const checkPassword = (password: string, hash: string | undefined) => passwords.check(password, hash)
  const revoke = (trx: Db, cause: RevocationCause) =>
    addRevocation(trx, revocationEvent(newId(), cause, Math.floor(now().getTime() / 1000)))
  const retention = longestUse(settings)
  app.addHook('onReady', async () => void (await write((trx) => announceRetention(trx, retention))))

  const store = {
    domains: domainStore(db),
    projects: projectStore(db),
    users: userStore(db),
    groups: groupStore(db),
    members: memberStore(db),
    roles: roleStore(db),
    grants: grantStore(db),
    regions: regionStore(db),
    services: serviceStore(db),
    endpoints: endpointStore(db),
  }
  const isDomain = async (id: string, from?: Db) => (await store.domains.find(id, from)) !== undefined
  const revokeTokensOf = (trx: Db, userId: string) => revoke(trx, { userId })

  // What one resource shows of another.
  const shownAs =
    <R extends Row>(path: string, view: (row: R) => Record<string, unknown>) =>
    (rows: readonly R[], request: FastifyRequest) =>
      rows.map((row) => linked(app, request, path, view(row)))
  const showProjects = shownAs('/v3/projects', projectView)
  const showDomains = shownAs('/v3/domains', domainView)
  const showUsers = shownAs('/v3/users', userView)
  const showGroups = shownAs('/v3/groups', (row: GroupRow) => ({
    ...groupView(row),
    membership_expires_at: null,
  }))
  const seen =
    <R>(find: (id: string, from?: Db) => Promise<R | undefined>, view: (row: R) => Record<string, unknown>) =>
    async (id: string, from?: Db) => {
      const row = await find(id, from)
      return row === undefined ? undefined : view(row)
    }
  const subjects = {
    user: seen(store.users.find, userView),
    group: seen(store.groups.find, groupView),
    project: seen(store.projects.find, projectView),
    domain: seen(store.domains.find, domainView),
    role: seen(store.roles.find, roleView),
  }
  const ofDomain = (domain_id: string | undefined) => given({ domain_id })

  // Who reacts when something goes.
  const userGone = async (trx: Db, id: string) => {
    await store.grants.removeOf(trx, 'user', id)
    await store.members.removeUser(trx, id)
  }
  const groupGone = async (trx: Db, id: string) => {
    const hadRoles = await store.grants.has({ actor_kind: 'group', actor_id: id }, trx)
    if (hadRoles) for (const userId of await store.members.usersOf(trx, id)) await revokeTokensOf(trx, userId)
    await store.grants.removeOf(trx, 'group', id)
    await store.members.removeGroup(trx, id)
  }
  const roleGone = (trx: Db, id: string) => store.grants.remove(trx, { role_id: id })
  const serviceGone = (trx: Db, id: string) => store.endpoints.deleteOfService(trx, id)
  const projectGone = async (trx: Db, id: string) => {
    await store.grants.removeOn(trx, 'project', id)
    await store.users.forgetDefaultProject(trx, id)
    await revoke(trx, { projectId: id })
  }
  const domainGone = async (trx: Db, id: string) => {
    await store.grants.removeInDomain(trx, id)
    await store.members.removeInDomain(trx, id)
    await store.users.forgetDefaultProjectsIn(trx, id)
    for (const owned of [store.users, store.groups, store.roles, store.projects])
      await owned.deleteDomain(trx, id)
    await revoke(trx, { domainId: id })
  }

  const directory = {
    user: store.users.find,
    userNamed: store.users.named,
    project: store.projects.find,
    projectNamed: store.projects.named,
    domain: store.domains.find,
    domainNamed: store.domains.named,
  }
  discoveryRoutes(app)
  tokenRoutes(app, {
    directory,
    methods: settings.auth.methods,
    methodsByName: new Map([
      ['password', passwordMethod({ directory, checkPassword })],
      ['token', tokenMethod({ validate: (text) => provider.validate(text) })],
    ]),
    allowRescope: settings.token.allow_rescope_scoped_token,
    canScopeTo: async (userId, projectId) => 'facts' in (await provider.factsOf({ userId, projectId })),
    issue: (request) => provider.issue(request),
    validate: (text, how) => provider.validate(text, how),
    revokeToken: (auditId) => write((trx) => revoke(trx, { auditId })),
    callers,
    policy,
  })
  targetRoutes(app, {
    callers,
    projectsOf: async (userId, request) =>
      showProjects(await store.projects.list([], {}, projectsHeldBy(userId)), request),
    domainsOf: async (userId, request) =>
      showDomains(await store.domains.list([], {}, domainsHeldBy(userId)), request),
    hasSystemRole: async (userId) => (await rolesGiven(db, userId, { kind: 'system', id: 'all' })).length > 0,
  })

  const routeDeps = { callers, policy }
  const domainsRules = domains({ store: store.domains, write, newId, domainGone })
  domainRoutes(app, routeDeps, domainsRules)
  projectRoutes(
    app,
    {
      ...routeDeps,
      tags: tagRules({ store: store.projects, write }),
      relativesOf: (id, wanted, userId) =>
        relativesOf(db, id, wanted, async () => {
          const mine = await store.projects.list([], {}, projectsHeldBy(userId))
          const ids = new Set(mine.map((row) => row.id))
          return (project) => ids.has(project)
        }),
    },
    projects({
      store: store.projects,
      write,
      newId,
      defaultDomainId,
      maxTreeDepth: settings.DEFAULT.max_project_tree_depth,
      domains: domainsRules,
      projectGone,
    }),
  )
  userRoutes(
    app,
    {
      ...routeDeps,
      projectsOf: async (userId, filters, request) =>
        showProjects(await store.projects.list(filters, {}, projectsHeldBy(userId)), request),
      groupsOf: async (userId, filters, domainId, request) => {
        const groupIds = store.members.idsOfGroupsWith(userId)
        return showGroups(await store.groups.list(filters, ofDomain(domainId), groupIds), request)
      },
    },
    users({
      store: store.users,
      write,
      newId,
      defaultDomainId,
      hashPassword,
      checkPassword,
      isDomain,
      revokeTokensOf,
      userGone,
    }),
  )
  groupRoutes(
    app,
    {
      ...routeDeps,
      members: members({
        store: store.members,
        exist: async (trx, { group_id, user_id }) =>
          (await store.groups.find(group_id, trx)) !== undefined &&
          (await store.users.find(user_id, trx)) !== undefined,
        write,
        revokeTokensOf,
      }),
      user: subjects.user,
      usersIn: async (groupId, filters, domainId, request) => {
        if (asksForNobody(filters)) return []
        const userIds = store.members.idsOfUsersIn(groupId)
        return showUsers(await store.users.list(filters, ofDomain(domainId), userIds), request)
      },
    },
    groups({ store: store.groups, write, newId, defaultDomainId, isDomain, groupGone }),
  )
  roleRoutes(
    app,
    routeDeps,
    roles({ store: store.roles, write, newId, roleGone }),
    impliedRoles({ db, write, prohibited: settings.assignment.prohibited_implied_role }),
  )
  grantRoutes(app, {
    callers,
    viewRole: roleView,
    grants: grants({ store: store.grants, write, policy, subjects }),
  })
  roleAssignmentRoutes(app, { ...routeDeps, db, project: subjects.project })
  regionRoutes(app, routeDeps, regions({ store: store.regions, write, newId }))
  serviceRoutes(app, routeDeps, services({ store: store.services, write, newId, serviceGone }))
  endpointRoutes(
    app,
    routeDeps,
    endpoints({
      store: store.endpoints,
      write,
      newId,
      serviceExists: async (trx, id) => (await store.services.find(id, trx)) !== undefined,
      regionExists: async (trx, id) => (await store.regions.find(id, trx)) !== undefined,
      ensureRegion: (trx, id) => store.regions.ensure(trx, id),
      isUrlTemplate,
    }),
  )
  return app
}

/** The application without routes: its errors, headers and limits. */
function createIdentityApi(options: AppOptions, now: () => Date, uuid: () => string): ApiApp {
  const { public_endpoint, enable_proxy_headers_parsing } = options.settings.DEFAULT
  const app = createApi({
    service: 'keystone',
    version: options.version,
    logger: options.logger,
    errorFormat: identityErrorFormat,
    vary: 'X-Auth-Token',
    now: () => now().getTime(),
    randomUUID: uuid,
    enableProxyHeadersParsing: enable_proxy_headers_parsing,
    wrongContentType: {
      status: 400,
      message: `Expecting to find application/json in Content-Type header. ${clientError}`,
    },
    mapError: answerOf,
    ...(public_endpoint ? { publicEndpoint: public_endpoint } : {}),
    ...(options.tls ? { tls: options.tls } : {}),
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.statusCode === 401)
      reply.header('WWW-Authenticate', `Keystone uri="${app.api.baseUrl(request)}/v3"`)
    // fastify adds the charset that JSON has anyway.
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json')
    done()
  })
  return app
}

/** What a client is told of an error of the database. */
function answerOf(error: unknown): ApiError | undefined {
  if (isBadValue(error)) {
    return badRequest(`A value cannot be stored or compared. ${clientError}`, {
      code: 'bad_value',
      cause: error,
    })
  }
  if (!isDatabaseAway(error)) return undefined
  return serviceUnavailable('The database cannot be reached.', { retryAfter: 1, cause: error })
}
