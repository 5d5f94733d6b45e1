// Rows as the database holds them: booleans are 0 and 1, times are seconds since 1970, `extra`, `options` and `tags` are JSON.

/** A project, or a domain: a project that stands above all others and owns users, groups and projects. */
export interface ProjectRow {
  id: string
  name: string
  /** Empty for a domain. */
  domain_id: string
  /** The id of the domain for a project without a parent; empty for a domain. */
  parent_id: string
  is_domain: number
  description: string | null
  enabled: number
  tags: string
  options: string
  extra: string
}
export interface UserRow {
  id: string
  name: string
  domain_id: string
  enabled: number
  /** bcrypt; null for a user who cannot log in with a password. */
  password_hash: string | null
  default_project_id: string | null
  options: string
  extra: string
}
export interface GroupRow {
  id: string
  name: string
  domain_id: string
  description: string | null
  extra: string
}
export interface GroupMemberRow {
  group_id: string
  user_id: string
}
export interface RoleRow {
  id: string
  name: string
  /** Empty for a global role. */
  domain_id: string
  description: string | null
  options: string
  extra: string
}
export interface ImpliedRoleRow {
  prior_role_id: string
  implied_role_id: string
}
export interface RegionRow {
  id: string
  description: string
  parent_region_id: string | null
  extra: string
}
export interface ServiceRow {
  id: string
  type: string
  name: string
  enabled: number
  extra: string
}
export interface EndpointRow {
  id: string
  service_id: string
  interface: string
  url: string
  region_id: string | null
  enabled: number
  extra: string
}

/** Who is given a role. */
export type ActorKind = 'user' | 'group'
/** What a role is given on. */
export type TargetKind = 'project' | 'domain' | 'system'

/** A role of somebody somewhere. */
export interface GrantRow {
  actor_kind: ActorKind
  actor_id: string
  target_kind: TargetKind
  /** `all` for the system. */
  target_id: string
  role_id: string
  /** 1: counts for all projects below the target, and not on the target itself. */
  inherited: number
}

/** A token is refused if it was issued in or before `issued_before` and has every attribute that is not null. */
export interface RevocationEventRow {
  id: string
  audit_id: string | null
  audit_chain_id: string | null
  trust_id: string | null
  consumer_id: string | null
  access_token_id: string | null
  expires_at: number | null
  domain_id: string | null
  project_id: string | null
  user_id: string | null
  role_id: string | null
  issued_before: number
  revoked_at: number
}

export interface Tables {
  projects: ProjectRow
  users: UserRow
  groups: GroupRow
  group_members: GroupMemberRow
  roles: RoleRow
  implied_roles: ImpliedRoleRow
  grants: GrantRow
  regions: RegionRow
  services: ServiceRow
  endpoints: EndpointRow
  revocation_events: RevocationEventRow
  /** Numbers that all processes share. */
  service_state: { name: 'epoch' | 'revocation_retention'; value: number }
}
