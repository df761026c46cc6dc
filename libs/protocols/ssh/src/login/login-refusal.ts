/** Why somebody who proved who they are does not get in. The text goes to the client. */
export class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
}
