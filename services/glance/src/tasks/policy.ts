import type { PolicyRule } from '@longhaul/oslo/policy'

/** Who may look at tasks. @see openstack/glance glance/policies/tasks.py */
export const taskRules: PolicyRule[] = [
  {
    action: 'tasks_api_access',
    check: 'role:admin',
    description: 'Look at the tasks of all projects',
    operations: [
      { method: 'GET', path: '/v2/tasks' },
      { method: 'GET', path: '/v2/tasks/{task_id}' },
    ],
  },
]
