package contract_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func numbered(prefix, n byte) uuid.UUID { return uuid.UUID{0: prefix, 15: n} }

// candidate is the n-th contract of the client, on its n-th line.
func candidate(n byte) contract.Candidate {
	return contract.Candidate{ContractID: numbered('c', n), SubscriberID: numbered('s', n)}
}

func line(n byte) *uuid.UUID { return new(numbered('s', n)) }

func target(n byte) *uuid.UUID { return new(numbered('c', n)) }

var (
	one     = []contract.Candidate{candidate(1)}
	several = []contract.Candidate{candidate(1), candidate(2), candidate(3)}
)

func TestTheDecisionFollowsTheRulesInOrder(t *testing.T) {
	t.Parallel()
	ours := &contract.KnownSubscriber{ID: *line(2), OwnedByUs: true, FitsOffer: true}
	oursWithout := &contract.KnownSubscriber{ID: *line(9), OwnedByUs: true, FitsOffer: true}
	oursUnfit := &contract.KnownSubscriber{ID: *line(2), OwnedByUs: true}
	foreign := &contract.KnownSubscriber{ID: *line(8), FitsOffer: true}
	foreignUnfit := &contract.KnownSubscriber{ID: *line(8)}
	const isNew = 0
	for rule, c := range map[string]struct {
		question contract.Question
		upgrades byte         // The contract that is chosen, isNew for none.
		refuses  refusal.Code // Empty for no refusal.
		lists    []contract.Candidate
	}{
		"new line, no candidate":       {contract.Question{Intent: contract.NewLine}, isNew, "", nil},
		"new line, one candidate":      {contract.Question{Intent: contract.NewLine, Candidates: one}, isNew, "", nil},
		"new line, several candidates": {contract.Question{Intent: contract.NewLine, Candidates: several}, isNew, "", nil},
		"new line, identifier of ours": {contract.Question{Intent: contract.NewLine, Candidates: several, IdentifierGiven: true, Identified: oursUnfit}, isNew, "", nil},

		"upgrade, no candidate":            {contract.Question{Intent: contract.Upgrade}, isNew, refusal.UpgradeTargetMissing, nil},
		"upgrade, no candidate, target":    {contract.Question{Intent: contract.Upgrade, TargetContractID: target(1)}, isNew, refusal.UpgradeTargetMissing, nil},
		"upgrade, one candidate":           {contract.Question{Intent: contract.Upgrade, Candidates: one}, 1, "", nil},
		"upgrade, target the only one":     {contract.Question{Intent: contract.Upgrade, Candidates: one, TargetContractID: target(1)}, 1, "", nil},
		"upgrade, target one of several":   {contract.Question{Intent: contract.Upgrade, Candidates: several, TargetContractID: target(3)}, 3, "", nil},
		"upgrade, target not the only one": {contract.Question{Intent: contract.Upgrade, Candidates: one, TargetContractID: target(9)}, isNew, refusal.UpgradeTargetInvalid, one},
		"upgrade, target not among them":   {contract.Question{Intent: contract.Upgrade, Candidates: several, TargetContractID: target(9)}, isNew, refusal.UpgradeTargetInvalid, several},
		"upgrade, several":                 {contract.Question{Intent: contract.Upgrade, Candidates: several}, isNew, refusal.UpgradeDisambiguation, several},

		"auto, no candidate":                 {contract.Question{Intent: contract.Auto}, isNew, "", nil},
		"auto, no candidate, target":         {contract.Question{Intent: contract.Auto, TargetContractID: target(1)}, isNew, "", nil},
		"auto, no candidate, line":           {contract.Question{Intent: contract.Auto, SubscriberID: line(1)}, isNew, "", nil},
		"auto, no candidate, unfit line":     {contract.Question{Intent: contract.Auto, IdentifierGiven: true, Identified: oursUnfit}, isNew, "", nil},
		"auto, target":                       {contract.Question{Intent: contract.Auto, Candidates: several, TargetContractID: target(2)}, 2, "", nil},
		"auto, target not among them":        {contract.Question{Intent: contract.Auto, Candidates: several, TargetContractID: target(9)}, isNew, refusal.UpgradeTargetInvalid, several},
		"auto, target before line":           {contract.Question{Intent: contract.Auto, Candidates: several, TargetContractID: target(2), SubscriberID: line(1)}, 2, "", nil},
		"auto, target before identifier":     {contract.Question{Intent: contract.Auto, Candidates: several, TargetContractID: target(1), IdentifierGiven: true, Identified: ours}, 1, "", nil},
		"auto, line of a candidate":          {contract.Question{Intent: contract.Auto, Candidates: several, SubscriberID: line(3)}, 3, "", nil},
		"auto, line of no candidate":         {contract.Question{Intent: contract.Auto, Candidates: one, SubscriberID: line(9)}, isNew, "", nil},
		"auto, identifier of a candidate":    {contract.Question{Intent: contract.Auto, Candidates: several, IdentifierGiven: true, Identified: ours}, 2, "", nil},
		"auto, identifier of an idle line":   {contract.Question{Intent: contract.Auto, Candidates: several, IdentifierGiven: true, Identified: oursWithout}, isNew, "", nil},
		"auto, identifier of unfit line":     {contract.Question{Intent: contract.Auto, Candidates: several, IdentifierGiven: true, Identified: oursUnfit}, isNew, refusal.SubscriberOffer, nil},
		"auto, identifier of another client": {contract.Question{Intent: contract.Auto, Candidates: one, IdentifierGiven: true, Identified: foreign}, isNew, "", nil},
		"auto, unfit of another client":      {contract.Question{Intent: contract.Auto, Candidates: one, IdentifierGiven: true, Identified: foreignUnfit}, isNew, "", nil},
		"auto, unknown identifier":           {contract.Question{Intent: contract.Auto, Candidates: one, IdentifierGiven: true}, isNew, "", nil},
		"auto, nothing given, one":           {contract.Question{Intent: contract.Auto, Candidates: one}, 1, "", nil},
		"auto, nothing given, several":       {contract.Question{Intent: contract.Auto, Candidates: several}, isNew, refusal.UpgradeDisambiguation, several},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			chosen, err := contract.Decide(c.question)
			if c.refuses != "" {
				assert.Nil(t, chosen)
				requireRefusal(t, err, c.refuses, c.lists)
				return
			}
			require.NoError(t, err)
			if c.upgrades == isNew {
				assert.Nil(t, chosen)
				return
			}
			require.NotNil(t, chosen)
			assert.Equal(t, candidate(c.upgrades), *chosen)
		})
	}
}

// requireRefusal checks the code, and the contracts that the details offer to choose from.
func requireRefusal(t *testing.T, err error, code refusal.Code, candidates []contract.Candidate) {
	t.Helper()
	refused := refusal.As(err)
	require.NotNil(t, refused, "%v", err)
	require.Equal(t, code, refused.Code)
	if candidates == nil {
		require.Empty(t, refused.Details)
		return
	}
	ids := make([]uuid.UUID, len(candidates))
	for i, c := range candidates {
		ids[i] = c.ContractID
	}
	require.Equal(t, map[string]any{"candidate_contract_ids": ids}, refused.Details)
}

func anyQuestion(t *rapid.T) contract.Question {
	optionalID := func(prefix byte, label string) *uuid.UUID {
		if n := rapid.ByteRange(0, 5).Draw(t, label); n > 0 {
			return new(numbered(prefix, n))
		}
		return nil
	}
	question := contract.Question{
		Intent:           rapid.SampledFrom([]contract.Intent{contract.Auto, contract.Upgrade, contract.NewLine}).Draw(t, "intent"),
		TargetContractID: optionalID('c', "target"),
		SubscriberID:     optionalID('s', "subscriber"),
		IdentifierGiven:  rapid.Bool().Draw(t, "identifier given"),
	}
	for n := range rapid.ByteRange(0, 4).Draw(t, "candidates") {
		question.Candidates = append(question.Candidates, candidate(n+1))
	}
	if id := optionalID('s', "identified"); id != nil && question.IdentifierGiven {
		question.Identified = &contract.KnownSubscriber{
			ID: *id, OwnedByUs: rapid.Bool().Draw(t, "ours"), FitsOffer: rapid.Bool().Draw(t, "fits"),
		}
	}
	return question
}

func TestOnlyACandidateIsEverUpgraded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		question := anyQuestion(t)
		chosen, err := contract.Decide(question)
		switch {
		case err != nil:
			require.NotNil(t, refusal.As(err), "%v", err)
			require.Nil(t, chosen)
		case chosen == nil:
			require.NotEqual(t, contract.Upgrade, question.Intent, "an upgrade is never a new contract")
		default:
			require.NotEqual(t, contract.NewLine, question.Intent, "a new line is never an upgrade")
			require.True(t, slices.Contains(question.Candidates, *chosen), "%v", chosen)
			if question.TargetContractID != nil {
				require.Equal(t, *question.TargetContractID, chosen.ContractID)
			} else if question.Intent == contract.Auto && question.SubscriberID != nil {
				require.Equal(t, *question.SubscriberID, chosen.SubscriberID)
			}
		}
	})
}
