package main

import (
	"regexp"
	"slices"
	"strings"
)

// phrase is a wording to avoid.
type phrase struct {
	// find is a regular expression. It ignores case if it has no capital letter. A
	// space matches any white space, including a line break. START matches the
	// start of a sentence. If there is a group called hit, it is what is reported.
	find string
	// except, if set, allows a match that contains it, together with one word
	// before the match and two words after it.
	except string
	// use says what to write instead.
	use string
	// bad contains the phrase. good means the same without it. The tests check both.
	bad, good string

	finder, excuse *regexp.Regexp
}

// finding is a phrase in a file.
type finding struct {
	path   string
	line   int
	match  string
	phrase phrase
}

// start matches the start of a passage, a paragraph, a list item, or a table cell,
// and the end of the previous sentence.
const start = `(?:\A\s*|[.!?]["')]?\s+|\n\s*\n\s*|\n\s*[-*] +|\n\s*\d+\. +|\|\s*)`

func init() {
	for i := range phrases {
		phrases[i].compile()
	}
}

func (p *phrase) compile() {
	flags := ""
	if bare := strings.ReplaceAll(p.find, "START", ""); bare == strings.ToLower(bare) {
		flags = "(?i)"
	}
	expression := strings.ReplaceAll(p.find, " ", `\s+`)
	expression = strings.ReplaceAll(expression, "START", start)
	p.finder = regexp.MustCompile(flags + expression)
	if p.except != "" {
		p.excuse = regexp.MustCompile("(?i)" + strings.ReplaceAll(p.except, " ", `\s+`))
	}
}

// check returns the phrases in a passage. Of two that overlap it returns the first in the list.
func check(name string, text passage) []finding {
	var findings []finding
	taken := make([]bool, len(text.text))
	for _, p := range phrases {
		for _, at := range p.finder.FindAllStringSubmatchIndex(text.text, -1) {
			from, to := at[0], at[1]
			if hit := p.finder.SubexpIndex("hit"); hit > 0 && at[2*hit] >= 0 {
				from, to = at[2*hit], at[2*hit+1]
			}
			if p.excuse != nil && p.excuse.MatchString(around(text.text, from, to)) || exempt(name, text.text, text.text[from:to]) ||
				slices.Contains(taken[from:to], true) {
				continue
			}
			for i := from; i < to; i++ {
				taken[i] = true
			}
			findings = append(findings, finding{
				path: name, line: text.line + strings.Count(text.text[:from], "\n"), phrase: p,
				match: strings.Join(strings.Fields(text.text[from:to]), " "),
			})
		}
	}
	return findings
}

var (
	wordBefore = regexp.MustCompile(`\S*\s*$`)
	wordAfter  = regexp.MustCompile(`^\S*\s*\S*\s*\S*`)
)

// around returns a match with one word before it and two words after it.
func around(text string, from, to int) string {
	return wordBefore.FindString(text[:from]) + text[from:to] + wordAfter.FindString(text[to:])
}
