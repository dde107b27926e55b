// The decorators of @nestjs/swagger, applied on demand: an import in the controllers would delay each start.
import type { Type } from '@nestjs/common';

type MethodName<Controller> = {
  [Name in keyof Controller]: Controller[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Controller];

/** Decorates the methods of a controller. The first list is for the class. Call it once for each controller. */
export function describe<Controller extends object>(
  controller: abstract new (...args: never[]) => Controller,
  decorators: readonly ClassDecorator[],
  methods: Readonly<Record<MethodName<Controller>, readonly MethodDecorator[]>>,
): void {
  for (const decorate of decorators) decorate(controller);
  for (const [name, list] of Object.entries<readonly MethodDecorator[]>(methods)) {
    const descriptor = methodOf(controller as Type<Controller>, name);
    for (const decorate of list) decorate(controller.prototype as object, name, descriptor);
  }
}

/** A method of the class or of a class that it extends. */
function methodOf({ name: className, prototype }: Type, name: string): PropertyDescriptor {
  for (
    let level: unknown = prototype;
    typeof level === 'object' && level !== null;
    level = Object.getPrototypeOf(level)
  ) {
    const descriptor = Object.getOwnPropertyDescriptor(level, name);
    if (descriptor !== undefined) return descriptor;
  }
  throw new TypeError(`found no method ${name} in ${className}, wanted one to describe`);
}
