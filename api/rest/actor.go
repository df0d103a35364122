package rest

import (
	"context"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/identity"
)

type actorKey struct{}

func withActor(ctx context.Context, caller identity.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, caller)
}

// knownActor returns the actor of a request and whether there is one.
func knownActor(ctx context.Context) (identity.Actor, bool) {
	caller, known := ctx.Value(actorKey{}).(identity.Actor)
	return caller, known
}

// Caller returns the actor of a request behind authentication.
func Caller(ctx context.Context) identity.Actor {
	caller, _ := knownActor(ctx)
	return caller
}

// Act returns the act of a request behind authentication: its actor, the business day, and the instant.
func (a *API) Act(ctx context.Context) actor.Act {
	now := a.Now()
	return actor.Act{Actor: actor.ID(Caller(ctx).ID), Today: a.Zone.DateAt(now), Now: now}
}
