import type { PolicyRule } from './enforcer.ts'

/** A page in Markdown with every rule of a service's table. @param about stands under the title */
export function policyReferencePage(title: string, rules: readonly PolicyRule[], about: string): string {
  return [`# ${title}`, '', about, '', ...rules.flatMap(ruleLines)].join('\n')
}

function ruleLines({ action, check, description, operations = [], scopeTypes }: PolicyRule): string[] {
  return [
    `## \`${action}\``,
    '',
    sentence(description),
    '',
    `- Default: ${check === '' ? 'always allowed' : `\`${check}\``}`,
    ...(operations.length === 0 ? [] : [`- Guards: ${operations.map(call).join(', ')}`]),
    ...(scopeTypes ? [`- Scopes of tokens: ${scopeTypes.join(', ')}`] : []),
    '',
  ]
}

/** A policy file in YAML in which every rule stands as a comment with its default. */
export function policySampleFile(rules: readonly PolicyRule[]): string {
  return rules.map(sampleText).join('\n')
}

function sampleText({ action, check, description, operations = [], scopeTypes }: PolicyRule): string {
  return [
    `# ${sentence(description)}`,
    ...operations.map(({ method, path }) => `# ${method} ${path}`),
    ...(scopeTypes ? [`# Scopes of tokens: ${scopeTypes.join(', ')}`] : []),
    `#${JSON.stringify(action)}: ${JSON.stringify(check)}`,
    '',
  ].join('\n')
}

function call({ method, path }: { method: string; path: string }): string {
  return `\`${method} ${path}\``
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
