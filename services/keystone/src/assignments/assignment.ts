import type { ActorKind, GrantRow, TargetKind } from '../db/tables.ts'

/** That somebody has a role somewhere: as it was granted, or what follows from that. */
export interface Assignment {
  actorKind: ActorKind
  actorId: string
  targetKind: TargetKind
  targetId: string
  roleId: string
  /** Whether it counts below the target, or came from above. */
  inherited: boolean
  /** What it follows from. */
  grant: GrantRow
  /** The role that implies this one. */
  priorRoleId?: string
}

/** A grant as an assignment of its own. */
export function granted(grant: GrantRow): Assignment {
  return {
    actorKind: grant.actor_kind,
    actorId: grant.actor_id,
    targetKind: grant.target_kind,
    targetId: grant.target_id,
    roleId: grant.role_id,
    inherited: grant.inherited === 1,
    grant,
  }
}
