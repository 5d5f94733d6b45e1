import type { Target } from '../assignments/held.ts'
import { buildCatalog, type CatalogService } from '../catalog/catalog.ts'
import type { EndpointRow, ServiceRow } from '../db/tables.ts'
import type { Db } from '../revision.ts'
import type { RevocationIndex } from '../revoke/events.ts'
import { isDelegated, type Delegations } from './delegations.ts'
import type { TokenPayload } from './payload.ts'
import type { Catalog, Reference, TokenFacts } from './render.ts'
import { catalogRows, domainOf, projectOf, rolesOn, userOf } from './store.ts'

/** Whom and what a token is for. */
export type Subject = Pick<
  TokenPayload,
  | 'userId'
  | 'projectId'
  | 'domainId'
  | 'system'
  | 'trustId'
  | 'accessTokenId'
  | 'applicationCredentialId'
  | 'federated'
  | 'thumbprint'
>

/** Why a token is worth nothing any more; for the log, never for the client. */
export type FactsProblem =
  | 'user_gone'
  | 'user_disabled'
  | 'scope_gone'
  | 'scope_disabled'
  | 'delegation_gone'
  | 'no_roles'
export type FactsResult = { facts: TokenFacts } | { problem: FactsProblem }

export interface KnowledgeSources {
  db: Db
  revocations: () => Promise<RevocationIndex>
  delegations: Delegations
  /** Values for the URLs of endpoints that come from the configuration. */
  urlValues: Readonly<Record<string, string | undefined>>
}

const factsKept = 10_000

/** What tokens say, as of one revision of the database: read once, by whoever asks first. */
export class Knowledge {
  readonly #sources: KnowledgeSources
  readonly #facts = new Map<string, Promise<FactsResult>>()
  readonly #catalogs = new Map<string, Catalog>()
  #revocations: Promise<RevocationIndex> | undefined
  #catalogRows: Promise<{ services: ServiceRow[]; endpoints: EndpointRow[] }> | undefined

  constructor(sources: KnowledgeSources) {
    this.#sources = sources
  }

  revocations(): Promise<RevocationIndex> {
    this.#revocations ??= forgetIfFailed(this.#sources.revocations(), () => (this.#revocations = undefined))
    return this.#revocations
  }

  /** Names, roles and catalog of a token for this subject, or what stands against it. */
  facts(subject: Subject): Promise<FactsResult> {
    const key = keyOf(subject)
    let facts = this.#facts.get(key)
    if (!facts) {
      if (this.#facts.size >= factsKept) this.#facts.clear()
      facts = forgetIfFailed(this.#read(subject), () => this.#facts.delete(key))
      this.#facts.set(key, facts)
    }
    return facts
  }

  async #read(subject: Subject): Promise<FactsResult> {
    const { db } = this.#sources
    const user = await userOf(db, subject.userId)
    if (!user) return { problem: 'user_gone' }
    if (!user.enabled || !user.domain_enabled) return { problem: 'user_disabled' }
    const facts: TokenFacts = { user: { id: user.id, name: user.name, domain: domainIn(user) }, roles: [] }

    const scope = await this.#scope(subject, facts)
    if (typeof scope === 'string') return { problem: scope }
    if (scope) facts.roles = await rolesOn(db, subject.userId, scope)

    if (isDelegated(subject as TokenPayload)) {
      const delegation = await this.#sources.delegations(subject as TokenPayload)
      if (!delegation) return { problem: 'delegation_gone' }
      facts.applicationCredential = delegation.applicationCredential
      facts.roles = facts.roles.filter((role) => delegation.roleIds.includes(role.id))
    }
    if (scope) {
      if (facts.roles.length === 0) return { problem: 'no_roles' }
      facts.catalog = await this.#catalog(subject)
    }
    return { facts }
  }

  /** Names the scope in the facts. @returns where roles are wanted, nothing for an unscoped token, or the problem */
  async #scope(subject: Subject, facts: TokenFacts): Promise<Target | FactsProblem | undefined> {
    const { db } = this.#sources
    if (subject.projectId !== undefined) {
      const project = await projectOf(db, subject.projectId)
      if (!project) return 'scope_gone'
      if (!project.enabled || !project.domain_enabled) return 'scope_disabled'
      facts.project = { id: project.id, name: project.name, domain: domainIn(project) }
      return { kind: 'project', id: project.id }
    }
    if (subject.domainId !== undefined) {
      const domain = await domainOf(db, subject.domainId)
      if (!domain) return 'scope_gone'
      if (!domain.enabled) return 'scope_disabled'
      facts.domain = { id: domain.id, name: domain.name }
      return { kind: 'domain', id: domain.id }
    }
    return subject.system === undefined ? undefined : { kind: 'system', id: subject.system }
  }

  // Serialised once a project, unless an endpoint's URL names the user.
  async #catalog({ projectId, userId }: Subject): Promise<Catalog> {
    this.#catalogRows ??= forgetIfFailed(catalogRows(this.#sources.db), () => (this.#catalogRows = undefined))
    const { services, endpoints } = await this.#catalogRows
    const byUser = endpoints.some((endpoint) => endpoint.url.includes('(user_id)'))
    const key = `${projectId ?? ''}|${byUser ? userId : ''}`
    let catalog = this.#catalogs.get(key)
    if (!catalog) {
      const entries: CatalogService[] = buildCatalog(services, endpoints, {
        ...this.#sources.urlValues,
        tenant_id: projectId,
        project_id: projectId,
        user_id: userId,
      })
      catalog = { entries, json: JSON.stringify(entries) }
      this.#catalogs.set(key, catalog)
    }
    return catalog
  }
}

function keyOf(subject: Subject): string {
  const { userId, projectId, domainId, system, trustId, accessTokenId, applicationCredentialId } = subject
  const further = subject.federated ?? subject.thumbprint
  const parts = [
    userId,
    projectId,
    domainId,
    system,
    trustId,
    accessTokenId,
    applicationCredentialId,
    further,
  ]
  return JSON.stringify(parts)
}

function domainIn(row: { domain_id: string; domain_name: string }): Reference {
  return { id: row.domain_id, name: row.domain_name }
}

function forgetIfFailed<T>(loading: Promise<T>, forget: () => void): Promise<T> {
  loading.catch(forget)
  return loading
}
