package rest

import (
	"context"

	"github.com/mtfacturation/mtf/internal/identity"
)

type actorKey struct{}

func withActor(ctx context.Context, actor identity.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// knownActor returns the actor of a request and whether there is one.
func knownActor(ctx context.Context) (identity.Actor, bool) {
	actor, known := ctx.Value(actorKey{}).(identity.Actor)
	return actor, known
}

// ActorOf returns the actor of a request behind authentication.
func ActorOf(ctx context.Context) identity.Actor {
	actor, _ := knownActor(ctx)
	return actor
}
