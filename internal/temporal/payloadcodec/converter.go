package payloadcodec

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Apply makes a Temporal client, its workers and its schedules encrypt and decrypt with
// the keys, including the messages and stacks of failures. Without a key the client
// writes plain text, and names the missing key if a payload is encrypted.
func (k Keys) Apply(options *client.Options) {
	options.DataConverter = k.DataConverter()
	options.FailureConverter = k.FailureConverter()
}

// DataConverter returns the SDK's usual converter with the keys' encryption around it.
func (k Keys) DataConverter() converter.DataConverter {
	return dataConverter{DataConverter: around(k.Codec()), keys: k}
}

func around(codec Codec) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
}

type inClear struct{}

// InClear has what is written under the context stay as it is. It is for schedules, which
// hold no data of persons: they are kept for as long as they are not changed, and would
// need the key of their day for as long.
func InClear(ctx context.Context) context.Context { return context.WithValue(ctx, inClear{}, true) }

// FailureConverter returns the SDK's usual converter. With a key it keeps messages and
// stacks, which may quote anything, in an encrypted payload.
func (k Keys) FailureConverter() converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: k.DataConverter(), EncodeCommonAttributes: !k.Empty(),
	})
}

// dataConverter keeps a workflow from failing over a payload that this process cannot
// decrypt. The SDK takes such an error for one of the workflow's own, which would end
// for good what another process with the key can carry out. A panic fails the workflow
// task instead, which the SDK logs, and the task is tried again until a worker has the key.
type dataConverter struct {
	converter.DataConverter
	keys       Keys
	inWorkflow bool
}

var _ workflow.ContextAware = dataConverter{}

// WithWorkflowContext implements workflow.ContextAware.
func (c dataConverter) WithWorkflowContext(workflow.Context) converter.DataConverter {
	c.inWorkflow = true
	return c
}

// WithContext implements workflow.ContextAware.
func (c dataConverter) WithContext(ctx context.Context) converter.DataConverter {
	if ctx.Value(inClear{}) != nil {
		c.DataConverter = around(Codec{keys: c.keys, writesClear: true})
	}
	return c
}

// FromPayload implements converter.DataConverter.
func (c dataConverter) FromPayload(payload *commonpb.Payload, value any) error {
	return c.checked(c.DataConverter.FromPayload(payload, value))
}

// FromPayloads implements converter.DataConverter.
func (c dataConverter) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	return c.checked(c.DataConverter.FromPayloads(payloads, values...))
}

func (c dataConverter) checked(err error) error {
	if failure, locked := errors.AsType[*DecodeError](err); locked && c.inWorkflow {
		panic(failure)
	}
	return err
}
