import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers hold secrets and facts about secrets: nobody keeps them, frames them or guesses their type. */
export function secureHeaders(_request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  next();
}
