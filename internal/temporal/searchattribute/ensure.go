package searchattribute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// ensurePause is between two looks whether Temporal knows the attributes: a server
// takes a new one up within seconds.
const ensurePause = 100 * time.Millisecond

// Ensure returns once workflows can be searched by the attributes in the namespace, and
// adds them where they are missing. Any number of processes may call it at once. Where
// Temporal does not let this client add them, as Temporal Cloud does not, the error
// says how that is done.
func Ensure(ctx context.Context, temporal client.Client, namespace string) error {
	missing, err := unknown(ctx, temporal, namespace)
	if err != nil || missing == nil {
		return err
	}
	for {
		// Another OS process may add them at the same time, so only their existence afterwards counts.
		added := add(ctx, temporal, namespace)
		if notAllowed(added) {
			return byHand(namespace, added)
		}
		if missing, err = unknown(ctx, temporal, namespace); err != nil || missing == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("searchattribute: Temporal does not take up the search attributes: %w", errors.Join(missing, added))
		case <-time.After(ensurePause):
		}
	}
}

// unknown queries workflows by all attributes. missing is Temporal's error about unknown
// attributes; nil if it knows all of them.
func unknown(ctx context.Context, temporal client.Client, namespace string) (missing, err error) {
	conditions := make([]string, len(All()))
	for i, attribute := range All() {
		conditions[i] = attribute.GetName() + " = 'none'"
	}
	_, err = temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace, Query: strings.Join(conditions, " AND "),
	})
	if invalid, ok := errors.AsType[*serviceerror.InvalidArgument](err); ok {
		return invalid, nil
	}
	if err != nil {
		return nil, fmt.Errorf("searchattribute: %w", err)
	}
	return nil, nil
}

func add(ctx context.Context, temporal client.Client, namespace string) error {
	types := map[string]enums.IndexedValueType{}
	for _, attribute := range All() {
		types[attribute.GetName()] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	_, err := temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: types,
	})
	return err
}

// notAllowed reports whether trying again would not help.
func notAllowed(err error) bool {
	switch err.(type) {
	case *serviceerror.PermissionDenied, *serviceerror.Unimplemented, *serviceerror.InvalidArgument:
		return true
	}
	return false
}

// byHand says what an operator has to do.
func byHand(namespace string, cause error) error {
	var names strings.Builder
	for _, attribute := range All() {
		fmt.Fprintf(&names, " --name %s --type Keyword", attribute.GetName())
	}
	return fmt.Errorf("searchattribute: Temporal does not let this program add its search attributes to the namespace %s: have an "+
		"operator run \"temporal operator search-attribute create --namespace %s%s\", or on Temporal Cloud add them to the namespace there, "+
		"as Keyword: %w", namespace, namespace, names.String(), cause)
}
