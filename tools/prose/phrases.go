package main

// phrases are wordings that make a sentence hard to read, or that other words
// of the field say better. Most are German syntax in English words.
var phrases = []phrase{
	// Words that this project once used in place of the field's.
	{
		find: `\b[Ee]nter(s|ed|ing)? (what|the entries that) (is|was|are) missing\b|enter-missing`,
		use:  "say backfill",
		bad:  "After an update, enter what is missing.", good: "After an update, run the backfill.",
	},
	{
		find: `\bDesk\b`,
		use:  "say service",
		bad:  "The Desk allocates numbers.", good: "The service allocates numbers.",
	},
	{
		find: `\bGate\b`,
		use:  "say sync gate or freshness check",
		bad:  "Gate makes readers wait.", good: "SyncGate makes readers wait.",
	},
	{
		find: `\bTurn\b`,
		use:  "say next action or attempt",
		bad:  "A Turn has a step.", good: "The next action has a step.",
	},
	{
		find: `\bparked\b`,
		use:  "say failed",
		bad:  "A parked chunk can be retried.", good: "A failed chunk can be retried.",
	},

	// Verbs.
	{
		find: `\b(tell|tells|told|telling)\b`,
		use:  "say report, record, return, signal, notify, or distinguish",
		bad:  "The metric tells how many failed.", good: "The metric reports how many failed.",
	},
	{
		find: `\b(stand|stands|stood|standing) for\b`,
		use:  "say mean or represent",
		bad:  "A port of 0 stands for a free one.", good: "Port 0 means any free port.",
	},
	{
		find: `\b(stand|stands|stood) (in|on|at|before|behind|beside|between|above|below|there)\b`,
		use:  "say is, be, or precede",
		bad:  "Every setting that stands in the file counts.", good: "Every setting in the file counts.",
	},
	{
		find: `\b(has|have|had|having) (the|a|an|its|their|it|them|those|these|this|each|every|all|temporal|postgresql)( \w+){0,3}? ` +
			`(know|be|do|go|going|begin|end|start|run|stop|wait|add|look|looked|done|told|sent|made|repeated)\b`,
		except: `\b(to|been|that|which|who|and|or|when|if|is|are|was|of|in|on|for|with|at|by|from|not|no|can|must|may)\b`,
		use:    "say make, let, cause, or ensure: nobody has a thing done",
		bad:    "The update has the counts add up.", good: "The update makes the counts add up.",
	},
	{
		find: `\b(goes|go|going|went|gone) on\b`,
		use:  "say continue or resume",
		bad:  "The run goes on where it was.", good: "The run continues where it was.",
	},
	{
		find: `\b(is|are|was|were|be) under way\b`,
		use:  "say running or in progress",
		bad:  "A run is under way.", good: "A run is in progress.",
	},
	{
		find: `\b(takes?|took|taken|taking)( \w+){0,2} back\b`,
		use:  "say reverse, void, or revert",
		bad:  "A payment can be taken back.", good: "A payment can be reversed.",
	},
	{
		find: `\b(held|hold|holds|holding)( \w+){0,4} against\b`,
		use:  "say compare or check",
		bad:  "The answers are held against the document.", good: "The answers are checked against the document.",
	},
	{
		find: `\b(came|comes|come) about\b`,
		use:  "say result or happen",
		bad:  "Rates say how the ratio came about.", good: "Rates explain the ratio.",
	},
	{
		find: `\bmend(s|ed|ing)?\b`,
		use:  "say fix or repair",
		bad:  "The check mends the register.", good: "The check repairs the register.",
	},
	{
		find: `\b(knows?|knew) (no|nothing)\b`,
		use:  "say does not know, or say what is missing",
		bad:  "The package knows no HTTP.", good: "The package does not know HTTP.",
	},

	// Pronouns.
	{
		find: `\b(whoever|whomever|whosoever)\b`,
		use:  "name the person or program, such as the caller",
		bad:  "Whoever cancels the run gets an answer.", good: "The caller who cancels the run gets an answer.",
	},
	{
		find: `\b(nobody|somebody|anybody|everybody)\b`,
		use:  "name the person or program, such as an operator, or say no one",
		bad:  "Somebody may have edited the schedule.", good: "An operator may have edited the schedule.",
	},
	{
		find: `\b(the )?one (that|who|which|of which|whose)\b`,
		use:  "repeat the noun",
		bad:  "A run waits for one that is older.", good: "A run waits for an older run.",
	},
	{
		find: `\b(those|ones) (that|who|which|of which|whose)\b`,
		use:  "name the noun",
		bad:  "It cancels those that wait.", good: "It cancels the runs that wait.",
	},
	{
		find: `\b(is|are|was|were|be) (that|those) of\b`,
		use:  "repeat the noun",
		bad:  "The number is that of the invoice.", good: "The number is the invoice's number.",
	},
	{
		find:   `([;:] |\b(and|but|for|of|to|so does|than) )(who|what)( \w+)? (is|are|was|were|has|have|had|does|do|gets|comes|came)\b`,
		except: `\bwho may do what\b`,
		use:    "name the subject before who or what",
		bad:    "The run ends; who is waiting gets an answer.", good: "The run ends, and the waiting caller gets an answer.",
	},
	{
		find: `START(?P<hit>Wh(o|at|om|ose)) [^?.!|]*[.!|:]`,
		use:  "begin the sentence with its subject",
		bad:  "It ends. What is due is billed.", good: "It ends. The amount due is billed. What does it cost?",
	},
	{
		find: `START(?P<hit>(Of|From|With|To|For|By|In|On|At|Under) (which|whom|what|those|that))\b`,
		use:  "begin the sentence with its subject",
		bad:  "It reads the rows. Of those it keeps one.", good: "It reads the rows, and keeps one of them.",
	},
	{
		find: `\b(what|all) (is|was|has|are) (\w+ )?(told|said|done|left|missing|needed|known|kept|asked|due|wanted|meant)\b`,
		use:  "name the noun",
		bad:  "It sends what is left.", good: "It sends the rest.",
	},

	// Measures and negation.
	{
		find: `\bso (long|many|often|few)\b`,
		use:  "say that long or this many, or give the number",
		bad:  "So long a writer waits at most.", good: "A writer waits that long at most.",
	},
	{
		find: `\bsome \d`,
		use:  "say about",
		bad:  "It takes some 3 seconds.", good: "It takes about 3 seconds.",
	},
	{
		find:   `\b(\w+ )?(is|are|was|were) no\b`,
		except: `\b(there|here|which) (is|are|was|were) no\b|\bno (longer|more|less|fewer|one|(lat|earli|old|new|slow|fast|larg|small)er)\b`,
		use:    "say is not a",
		bad:    "A payment is no workflow.", good: "A payment is not a workflow. There is no workflow.",
	},
	{
		find: `\bbut for\b`,
		use:  "say except for",
		bad:  "All may read but for guests.", good: "Everyone except guests may read.",
	},

	// Adverbs and conjunctions.
	{
		find: `\bof (its|their|his|her|our|your|my|one's) own\b`,
		use:  "say its own, a separate, or its own ... in front of the noun",
		bad:  "The tools have a module of their own.", good: "The tools have their own module.",
	},
	{
		find: `\banew\b`,
		use:  "say again, or use the verb with re-, such as rebuild",
		bad:  "The ranks are made anew.", good: "The ranks are rebuilt.",
	},
	{
		find: `(START|; |: )(?P<hit>Else)\b|[,;] else\b|\band else\b`,
		use:  "say Otherwise, in a sentence of its own",
		bad:  "Use the port if it is free, else another.", good: "Use the port if it is free. Otherwise, use another.",
	},
	{
		find: `\bby (itself|themselves|himself)\b`,
		use:  "say automatically or alone",
		bad:  "The run ends by itself.", good: "The run ends automatically.",
	},
	{
		find: `\bbesides[.;,:)]`,
		use:  "say also or too",
		bad:  "It counts the rows besides.", good: "It also counts the rows.",
	},
	{
		find: `\b(formerly|used to (be|have|do)|from now on|before version)\b`,
		use:  "describe the present; CHANGELOG.md describes the past",
		bad:  "The list was formerly sorted.", good: "The list is sorted.",
	},

	{
		find: `\b(thereof|therein|thereby|therewith|whereby|wherein|whereof)\b`,
		use:  "say of it, in it, or with it, or begin a new sentence",
		bad:  "It locks the row and the entries thereof.", good: "It locks the row and its entries.",
	},
	{
		find: `\bin clear\b`,
		use:  "say decrypted or in plain text",
		bad:  "The UI shows payloads in clear.", good: "The UI shows decrypted payloads.",
	},
	{
		find: `\bby turns\b`,
		use:  "say alternately",
		bad:  "They are measured by turns.", good: "They are measured alternately.",
	},
	{
		find: `\bevery other\b`,
		use:  "say all other, or every second",
		bad:  "It runs every other check.", good: "It runs all other checks.",
	},
	{
		find: `\bof (which|whom) (there|no|nothing|none)\b`,
		use:  "begin a new sentence with the noun",
		bad:  "An event of which nothing is known.", good: "An unknown event.",
	},
	{
		find: `\b(be|is|are) had\b`,
		use:  "say available, or name the action",
		bad:  "The file can be had at this address.", good: "The file is available at this address.",
	},
}
