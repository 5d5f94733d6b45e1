import type { DomainReference, ProjectReference, UserReference } from './schema.ts'

/** What a login needs to know of a user. */
export interface LoginUser {
  id: string
  password_hash: string | null
  default_project_id: string | null
  /** As stored. */
  options: string
}

interface Found {
  id: string
}

/** Where a login looks users, projects and domains up. */
export interface Directory {
  user(id: string): Promise<LoginUser | undefined>
  userNamed(name: string, domainId: string): Promise<LoginUser | undefined>
  project(id: string): Promise<Found | undefined>
  projectNamed(name: string, domainId: string): Promise<Found | undefined>
  domain(id: string): Promise<Found | undefined>
  domainNamed(name: string): Promise<Found | undefined>
}

export async function findUser(directory: Directory, wanted: UserReference): Promise<LoginUser | undefined> {
  if (wanted.id !== undefined) return directory.user(wanted.id)
  const domain = wanted.domain && (await findDomain(directory, wanted.domain))
  return domain && directory.userNamed(wanted.name!, domain.id)
}

export async function findProject(
  directory: Directory,
  wanted: ProjectReference,
): Promise<Found | undefined> {
  if (wanted.id !== undefined) return directory.project(wanted.id)
  const domain = wanted.domain && (await findDomain(directory, wanted.domain))
  return domain && directory.projectNamed(wanted.name!, domain.id)
}

export async function findDomain(directory: Directory, wanted: DomainReference): Promise<Found | undefined> {
  if (wanted.id !== undefined) return directory.domain(wanted.id)
  return directory.domainNamed(wanted.name!)
}
