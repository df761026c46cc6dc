import type { DevUser } from './dev-user.js';

/** A plain form: a person picks who to be, and so can curl. */
export function signInPage(action: string, client: string, users: readonly DevUser[]): string {
  const buttons = users.map(
    ({ sub, name, groups = [] }) =>
      `<p><button name="sub" value="${escaped(sub)}">${escaped(name)}</button> ${escaped(groups.join(', '))}</p>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Development sign-in</title></head>
<body><h1>Development sign-in</h1>
<p>For development only: nobody is asked for a password. Sign in to ${escaped(client)} as</p>
<form method="post" action="${escaped(action)}">
${buttons.join('\n')}
</form></body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
