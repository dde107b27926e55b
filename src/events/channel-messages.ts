// The messages of a diagnostics channel as an Observable. The channel has a subscriber only while the Observable has one.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Observable } from 'rxjs';

export function messagesOf<Message>(channel: string): Observable<Message> {
  return new Observable((observer) => {
    const listener = (message: unknown): void => observer.next(message as Message);
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
}
