// SPDX-License-Identifier: Apache-2.0

// go-resiliency's circuit breakers on a metrics socket, where breakertop shows them and an operator may force them.
//
// Copy this file into a service (Linux, Go 1.19 or later; it needs gopkg.in/eapache/go-resiliency.v1 and nothing else):
//
//	publisher, err := Publish("orders", "orders-1")
//	defer publisher.Close()
//	charge, err := publisher.Breaker("payments.charge", 5, 1, 10*time.Second) // as breaker.New
//	err = charge.Run(func() error { … })                                     // as breaker.Breaker.Run
//
// The library tells neither its state nor its counters, and cannot be forced; so the override is kept here, before the library
// sees a call, and the state is inferred: see Breaker.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/user"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/eapache/go-resiliency.v1/breaker"
)

const (
	lineBytes, nesting, nameBytes, textBytes = 65_536, 32, 200, 1_000
	largest                                  = 1<<53 - 1
	longestForce                             = 31 * 24 * 3_600 * 1_000 // milliseconds
	piece, rowsPerLine                       = 256, 128                // so many rows always fit into a line
	keptEvents, keptAnswers                  = 1_024, 1_024
	maximumMonitors, maximumMistakes         = 64, 100
)

var (
	actions = []string{"force_open", "force_closed", "clear", "reset", "probe"}
	columns = []string{"id", "state", "state_since", "gen", "override", "override_rev", "open_until", "calls_total", "ok_total",
		"failed_total", "ignored_total", "late_total", "rejected_total", "rejected_forced_total", "in_flight", "probe_ok",
		"opened_total", "last_call", "outage_since"}
	start = time.Now()
)

// ErrForcedOpen is returned by Run while an operator has forced the circuit open.
var ErrForcedOpen = errors.New("circuit breaker is forced open")

var errTrip = errors.New("an error to open a breaker with")

type object = map[string]interface{}

func upMs() int64 { return time.Since(start).Milliseconds() }

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// Breaker is a breaker of the library with counters and an override. What is inferred of the library's state:
//
//   - open: after a failed call the library is asked with a call that does nothing. On a closed breaker that has no effect, an open
//     one refuses it, and right after a failure it is never half-open.
//   - half-open: an open breaker lets a call in. Until one comes it is shown as open, with its open time over.
//   - closed: so many calls of the half-open succeeded as the library was told to wait for.
//
// The library cannot be moved either. So a clear of a forced open, or a probe, drops the library's breaker, and the half-open is
// this file's own: one call at a time, successThreshold successes close (with a new breaker of the library), one failure opens (a new
// one that is made to fail until it is open). A reset takes a new one, too.
type Breaker struct {
	publisher                        *Publisher
	id                               int64
	name                             string
	errorThreshold, successThreshold int
	timeout                          time.Duration

	// Below, the publisher's lock is needed.
	library  *breaker.Breaker // nil in a half-open of our own
	revision int64
	state    string
	since    int64
	outage   *int64 // since when it is not closed
	gen      int64
	until    *int64 // when an open breaker may probe
	trip     object
	epoch    int64 // rises with clear, reset and probe: results of calls from before are late
	mode     string
	rev      int64
	slot     object // of the override, while there is one
	forcedTo *int64
	changed  string // who wrote the slot last

	calls, ok, failed, late, rejected, rejectedForced, inFlight, probesOk, opened int64
	lastCall                                                                      *int64
	probe                                                                         *call // in flight in a half-open of our own
	errors                                                                        []callError
	budget                                                                        bucket
	leftOut                                                                       map[string]int64
}

type callError struct{ kind, message string }

// An admitted call.
type call struct {
	epoch   int64
	begun   time.Time
	ended   int64
	passes  bool // goes around all that decides
	isProbe bool
	failed  bool
}

// Run calls work as breaker.Breaker.Run does, unless an operator has forced the circuit.
func (b *Breaker) Run(work func() error) error {
	library, admitted, err := b.admit()
	if err != nil {
		return err
	}
	if library == nil {
		return b.do(admitted, work)
	}
	refused := error(breaker.ErrBreakerOpen)
	defer func() { // also after a panic
		if refused != ErrForcedOpen {
			b.infer(library, admitted)
		}
	}()
	err = library.Run(func() error {
		if admitted, refused = b.begin(); refused != nil {
			return nil // Forced meanwhile. What the library makes of this is dropped with it when the force ends.
		}
		return b.do(admitted, work)
	})
	if refused != nil {
		return refused
	}
	return err
}

// admit gives the library's breaker that decides, or a call that goes around it.
func (b *Breaker) admit() (*breaker.Breaker, *call, error) {
	b.publisher.lock.Lock()
	defer b.publisher.lock.Unlock()
	b.expire()
	now := upMs()
	b.lastCall = &now
	switch {
	case b.mode == "forced_open":
		b.rejectedForced++
		return nil, nil, ErrForcedOpen
	case b.mode == "forced_closed":
		return nil, b.count(true), nil
	case b.library != nil:
		return b.library, nil, nil
	case b.probe != nil:
		b.rejected++
		return nil, nil, breaker.ErrBreakerOpen
	}
	return nil, b.count(false), nil
}

func (b *Breaker) begin() (*call, error) {
	b.publisher.lock.Lock()
	defer b.publisher.lock.Unlock()
	if b.mode == "forced_open" {
		b.rejectedForced++
		return nil, ErrForcedOpen
	}
	// Sooner it is a call that the library let in before it opened.
	if b.state == "open" && upMs() >= *b.until {
		b.move("half_open", "timer")
	}
	return b.count(false), nil
}

func (b *Breaker) count(passes bool) *call {
	b.calls++
	b.inFlight++
	admitted := &call{epoch: b.epoch, begun: time.Now(), passes: passes, isProbe: b.state == "half_open" && !passes}
	if b.library == nil && admitted.isProbe {
		b.probe = admitted
	}
	return admitted
}

func (b *Breaker) do(admitted *call, work func() error) (err error) {
	trouble := callError{"panic", ""}
	admitted.failed = true
	defer func() { b.end(admitted, trouble) }()
	if err = work(); err != nil {
		trouble = callError{cut(fmt.Sprintf("%T", err), 50), cut(fmt.Sprint(err), 200)} // Sprint: a broken Error must not panic
	} else {
		admitted.failed = false
	}
	return err
}

func (b *Breaker) end(admitted *call, trouble callError) {
	b.publisher.lock.Lock()
	defer b.publisher.lock.Unlock()
	b.inFlight--
	admitted.ended = upMs()
	if admitted.epoch != b.epoch {
		b.late++
		return
	}
	if admitted.failed {
		b.failed++
		b.errors = append(b.errors, trouble)
		if len(b.errors) > 20 {
			b.errors = b.errors[1:]
		}
	} else {
		b.ok++
	}
	if !admitted.isProbe {
		return
	}
	fields := object{"ok": !admitted.failed, "us": time.Since(admitted.begun).Microseconds()}
	if admitted.failed {
		fields["error"] = trouble.kind
	}
	b.tell("probe", fields)
	if admitted != b.probe {
		return
	}
	b.probe = nil
	if admitted.failed {
		b.library = b.newLibrary()
		for i := 0; i < b.errorThreshold; i++ {
			b.library.Run(func() error { return errTrip })
		}
		b.open(admitted.ended)
	} else {
		b.succeed()
		if b.state == "closed" {
			b.library = b.newLibrary()
		}
	}
}

// infer takes the library's state from how it treated a call; nil is one that it refused.
func (b *Breaker) infer(library *breaker.Breaker, admitted *call) {
	b.publisher.lock.Lock()
	defer b.publisher.lock.Unlock()
	switch {
	case admitted == nil:
		b.rejected++
	case b.library != library || admitted.epoch != b.epoch:
	case admitted.failed && b.state != "open":
		if library.Run(func() error { return nil }) == breaker.ErrBreakerOpen {
			b.open(admitted.ended)
		}
	case !admitted.failed && admitted.isProbe && b.state == "half_open":
		b.succeed()
	}
}

func (b *Breaker) newLibrary() *breaker.Breaker {
	return breaker.New(b.errorThreshold, b.successThreshold, b.timeout)
}

func (b *Breaker) succeed() {
	if b.probesOk++; b.probesOk >= int64(b.successThreshold) {
		b.move("closed", "probe_ok")
	}
}

func (b *Breaker) open(failedAt int64) {
	cause := "rule"
	if b.state == "half_open" {
		cause = "probe_failed"
	}
	counts, newest := map[callError]int{}, []object{}
	for _, trouble := range b.errors {
		counts[trouble]++
	}
	for i := len(b.errors) - 1; i >= 0 && len(newest) < 5; i-- {
		if trouble := b.errors[i]; counts[trouble] > 0 {
			newest = append(newest, object{"type": trouble.kind, "message": trouble.message, "count": counts[trouble]})
			counts[trouble] = 0
		}
	}
	b.trip = object{"at": failedAt, "rule": cause, "errors": newest}
	if cause == "rule" {
		b.trip["rule"], b.trip["threshold_count"] = ruleName, b.errorThreshold
	}
	b.move("open", cause)
	until := failedAt + b.timeout.Milliseconds()
	b.until = &until
}

func (b *Breaker) move(state, cause string) {
	previous := b.state
	b.state, b.since, b.until, b.probesOk = state, upMs(), nil, 0
	b.gen++
	if state == "closed" {
		b.outage = nil
	} else if b.outage == nil {
		since := b.since
		b.outage = &since
	}
	if state == "open" {
		b.opened++
	} else {
		b.errors = nil
	}
	if state == previous {
		return
	}
	b.change()
	fields := object{"from": previous, "to": state, "gen": b.gen, "cause": cause}
	if state == "open" {
		fields["trip"] = b.trip
	}
	b.tell("state", fields)
}

// resume goes on in a state, whatever the library thinks.
func (b *Breaker) resume(state, cause string) {
	b.epoch++
	b.probe, b.library = nil, nil
	if state == "closed" {
		b.library = b.newLibrary()
	}
	b.move(state, cause)
}

func (b *Breaker) refusal(c command) *refusal {
	switch {
	case c.ifRev >= 0 && c.ifRev != b.rev:
		return &refusal{"override_conflict", fmt.Sprintf("the override is at revision %d, not %d: %s", b.rev, c.ifRev, b.changed)}
	case c.action == "clear" && b.mode == "none":
		return &refusal{"not_applicable", "there is no override to clear"}
	case c.action == "probe" && (b.state != "open" || b.mode == "forced_open"):
		return &refusal{"not_applicable", "only an open circuit that is not forced can probe (it is " + b.state + ", " + b.mode + ")"}
	}
	return nil
}

func (b *Breaker) perform(c command, principal string) {
	forced := b.mode
	switch c.action {
	case "force_open", "force_closed":
		b.override("forced_"+strings.TrimPrefix(c.action, "force_"), "command", principal, c)
	case "probe":
		b.resume("half_open", "probe_command")
	default: // clear, reset
		if forced != "none" {
			b.override("none", "command", principal, c)
		}
		if c.action == "reset" {
			b.resume("closed", "reset")
		} else if forced == "forced_open" {
			b.resume("half_open", "clear")
		}
	}
}

func (b *Breaker) expire() {
	if b.forcedTo == nil || upMs() < *b.forcedTo {
		return
	}
	forced := b.mode
	b.override("none", "expiry", "expiry", command{})
	if forced == "forced_open" {
		b.resume("half_open", "clear")
	}
}

func (b *Breaker) override(mode, cause, principal string, c command) {
	previous, now := b.mode, upMs()
	b.mode, b.forcedTo = mode, nil
	b.rev++
	if mode != "none" && c.forMs > 0 {
		until := now + c.forMs
		b.forcedTo = &until
	}
	b.slot = object{"rev": b.rev, "principal": "", "claimed": "", "reason": "", "since": nil, "until": nil} // nobody holds it
	if mode != "none" {
		b.slot = object{"rev": b.rev, "principal": principal, "claimed": c.operator, "reason": c.reason, "since": now,
			"until": b.forcedTo}
	}
	b.changed = fmt.Sprintf("set to %s by %s %s at %s", mode, principal, c.operator, time.Now().Format("15:04:05"))
	b.change()
	b.tell("override", merge(b.slot, object{"from": previous, "to": mode, "cause": cause}))
}

const ruleName = "failure_count"

func (b *Breaker) describe() object {
	slot := merge(b.slot, object{"mode": b.mode, "rev": b.rev})
	circuit := object{"type": "circuit", "id": b.id, "name": b.name, "open_ms": b.timeout.Milliseconds(), "override": slot,
		"probe_need": b.successThreshold, "rule": object{"name": ruleName, "threshold_count": b.errorThreshold}}
	if b.trip != nil {
		circuit["trip"] = b.trip
	}
	return circuit
}

// The values of columns; comparable.
type row [19]interface{}

func (b *Breaker) row() row {
	values := row{b.id, b.state, b.since, b.gen, b.mode, b.rev, nil, b.calls, b.ok, b.failed, 0, b.late, b.rejected, b.rejectedForced,
		b.inFlight, nil, b.opened, nil, nil} // 0 are ignored: what returns an error has failed
	if b.until != nil {
		values[6] = *b.until
	}
	if b.state == "half_open" {
		values[15] = b.probesOk
	}
	if b.lastCall != nil {
		values[17] = *b.lastCall
	}
	if b.outage != nil {
		values[18] = *b.outage
	}
	return values
}

func (b *Breaker) change() {
	b.publisher.revision++
	b.revision = b.publisher.revision
}

func (b *Breaker) tell(kind string, fields object) {
	if (kind == "state" || kind == "probe") && !b.budget.take() {
		b.leftOut[kind]++
		return
	}
	b.publisher.tell(b.id, kind, fields)
}

func merge(objects ...object) object {
	merged := object{}
	for _, one := range objects {
		for key, value := range one {
			merged[key] = value
		}
	}
	return merged
}

// A bucket lets perSecond through a second, and as many as it holds at once after a pause.
type bucket struct {
	perSecond, holds, level float64
	filled                  time.Time
	wasEmpty                bool
}

func newBucket(perSecond, holds float64) bucket {
	return bucket{perSecond: perSecond, holds: holds, level: holds, filled: time.Now()}
}

func (b *bucket) take() bool {
	now := time.Now()
	b.level += now.Sub(b.filled).Seconds() * b.perSecond
	if b.level > b.holds {
		b.level = b.holds
	}
	b.filled = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}

// Publisher serves breakers on a metrics socket until Close.
type Publisher struct {
	hello     object
	boot      string
	operators map[uint32]string // numbers of users who may give commands, with their names
	claim     *claim
	stop      chan struct{}
	done      sync.WaitGroup

	// One lock for all that is published: held for microseconds, never while the service's own code runs.
	lock      sync.Mutex
	circuits  []*Breaker
	revision  int64
	events    []object
	seq       int64
	answers   map[string]answer
	answered  []string // the ids of answers, oldest first
	allowed   map[uint32]*allowance
	leftOut   int64
	monitors  map[*monitor]bool
	isStopped bool
}

type answer struct {
	command command
	result  object
}

type allowance struct{ commands, refusals bucket }

type refusal struct{ code, message string }

// Publish begins to serve; instance may be empty where there is only one. Signals are the service's own business: a service
// that calls Close before it ends says goodbye, one that is just killed is seen as a loss.
func Publish(service, instance string) (*Publisher, error) {
	for _, name := range []string{os.Getenv("BREAKERTOP_INSTANCE"), service} {
		if instance == "" {
			instance = name
		}
	}
	for _, name := range []string{service, instance} {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	var boot [8]byte
	if _, err := rand.Read(boot[:]); err != nil {
		return nil, err
	}
	claim, err := takeClaim(service, instance)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	p := &Publisher{boot: fmt.Sprintf("%x", boot), claim: claim, stop: make(chan struct{}), answers: map[string]answer{},
		operators: map[uint32]string{}, allowed: map[uint32]*allowance{}, monitors: map[*monitor]bool{}}
	p.hello = object{"type": "hello", "protocol": object{"major": 1, "minor": 0}, "service": service, "instance": instance,
		"boot": p.boot, "env": cut(os.Getenv("BREAKERTOP_ENV"), 50), "pid": os.Getpid(), "host": cut(host, 50),
		"started": start.UnixMilli(), "keeps_overrides": false, "columns": columns, "actions": actions}
	// Our own name now: looking one up for each monitor might wait for a directory service.
	name := ""
	if own, err := user.Current(); err == nil {
		name = " (" + own.Username + ")"
	}
	p.operators[uint32(os.Geteuid())] = name
	p.done.Add(2)
	go p.accept()
	go p.advance()
	return p, nil
}

func checkName(name string) error {
	if name == "" || len(name) > nameBytes || !utf8.ValidString(name) {
		return fmt.Errorf("a name must have 1 to %d bytes of UTF-8, not %q", nameBytes, name)
	}
	return nil
}

// Breaker makes a breaker and publishes it; errorThreshold, successThreshold and timeout are those of breaker.New.
func (p *Publisher) Breaker(name string, errorThreshold, successThreshold int, timeout time.Duration) (*Breaker, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if errorThreshold < 1 || successThreshold < 1 || timeout <= 0 {
		return nil, fmt.Errorf("the thresholds and the timeout of breaker %q must be positive", name)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, other := range p.circuits {
		if other.name == name {
			return nil, fmt.Errorf("there is a breaker %q already", name)
		}
	}
	b := &Breaker{publisher: p, id: int64(len(p.circuits) + 1), name: name, errorThreshold: errorThreshold,
		successThreshold: successThreshold, timeout: timeout, state: "closed", since: upMs(), gen: 1, mode: "none",
		changed: "nobody has changed it", budget: newBucket(20, 20), leftOut: map[string]int64{}}
	b.library = b.newLibrary()
	p.circuits = append(p.circuits, b)
	b.change()
	p.wake()
	return b, nil
}

// Close says goodbye to the monitors and removes the socket; it takes a second at most.
func (p *Publisher) Close() {
	p.lock.Lock()
	wasStopped := p.isStopped
	p.isStopped = true
	for m := range p.monitors {
		m.conn.SetWriteDeadline(time.Now().Add(time.Second))
	}
	p.lock.Unlock()
	if wasStopped {
		return
	}
	p.claim.removeSocket() // nobody new is to find a service that says goodbye
	close(p.stop)
	p.claim.listener.Close()
	p.done.Wait()
	p.claim.release()
}

// wake tells the monitors that there is news; needs the lock, like tell.
func (p *Publisher) wake() {
	for m := range p.monitors {
		select {
		case m.news <- struct{}{}:
		default: // it is awake already
		}
	}
}

func (p *Publisher) tell(circuit interface{}, kind string, fields object) int64 {
	p.seq++
	p.events = append(p.events, merge(fields, object{"type": "event", "t": time.Now().UnixMilli(), "up_ms": upMs(), "seq": p.seq,
		"circuit": circuit, "kind": kind}))
	if len(p.events) > keptEvents {
		p.events = p.events[1:]
	}
	p.wake()
	return p.seq
}

// advance does what is due without traffic, once a second.
func (p *Publisher) advance() {
	defer p.done.Done()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
		}
		p.lock.Lock()
		for _, b := range p.circuits {
			b.expire()
		}
		p.tellLeftOut()
		p.lock.Unlock()
	}
}

func (p *Publisher) tellLeftOut() {
	for _, b := range p.circuits {
		for kind, count := range b.leftOut {
			p.tell(b.id, "suppressed", object{"suppressed_kind": kind, "count": count})
			delete(b.leftOut, kind)
		}
	}
	if p.leftOut > 0 {
		p.tell(nil, "suppressed", object{"suppressed_kind": "command", "count": p.leftOut})
		p.leftOut = 0
	}
}

// handle gives a command's result. The checks come in the protocol's order.
func (p *Publisher) handle(c command, uid uint32) object {
	p.lock.Lock()
	defer p.lock.Unlock()
	name, isOperator := p.operators[uid]
	principal := fmt.Sprintf("uid %d%s", uid, name)
	if p.allowed[uid] == nil { // few users can open a socket of mode 0600
		p.allowed[uid] = &allowance{newBucket(20, 20), newBucket(1, 10)}
	}
	allowed := p.allowed[uid]
	wasEmpty, granted := allowed.commands.wasEmpty, allowed.commands.take()
	allowed.commands.wasEmpty = !granted
	refused := p.refusal(c, isOperator, principal, granted)
	if refused == nil {
		if known, found := p.answers[c.id]; found && known.command == c {
			log.Printf("breakertop: command answered again: %+q", fmt.Sprintf("%+v", c))
			return known.result
		} else if found {
			refused = &refusal{"id_conflict", "id " + c.id + " was used before for another command; use a new id"}
		}
	}
	if refused != nil {
		return p.refuse(c, principal, refused, allowed, wasEmpty && !granted)
	}
	result := p.perform(c, principal, allowed)
	p.answers[c.id] = answer{c, result}
	p.answered = append(p.answered, c.id)
	if len(p.answered) > keptAnswers {
		delete(p.answers, p.answered[0])
		p.answered = p.answered[1:]
	}
	return result
}

func (p *Publisher) refusal(c command, isOperator bool, principal string, granted bool) *refusal {
	switch {
	case !isOperator:
		return &refusal{"not_allowed", principal + " only observes here"}
	case c.boot != p.boot:
		return &refusal{"wrong_boot", "the service has restarted: this is boot " + p.boot + ", not " + c.boot + "; look again"}
	case !granted:
		return &refusal{"rate_limited", "more than 20 commands a second; send it again later"}
	}
	return nil
}

func (p *Publisher) perform(c command, principal string, allowed *allowance) object {
	var refused *refusal
	b := p.find(c.circuit)
	switch {
	case c.forMs > longestForce:
		refused = &refusal{"invalid", fmt.Sprintf("for_ms is at most %d, or null for until cleared", longestForce)}
	case b == nil:
		refused = &refusal{"unknown_circuit", fmt.Sprintf("there is no circuit %d", c.circuit)}
	default:
		b.expire()
		refused = b.refusal(c)
	}
	if refused != nil {
		return p.refuse(c, principal, refused, allowed, false)
	}
	seq := p.record(c, principal, object{"ok": true})
	b.perform(c, principal)
	return object{"type": "result", "id": c.id, "ok": true, "seq": seq}
}

// refuse answers; it records as far as is allowed, since a flood must not wash away what others did.
func (p *Publisher) refuse(c command, principal string, why *refusal, allowed *allowance, isFlood bool) object {
	if !isFlood {
		if allowed.refusals.take() {
			p.record(c, principal, object{"ok": false, "code": why.code})
		} else {
			p.leftOut++
			log.Printf("breakertop: command refused: %s %+q", why.code, fmt.Sprintf("%+v", c))
		}
	}
	return object{"type": "result", "id": c.id, "ok": false, "error": object{"code": why.code, "message": cut(why.message, 200)}}
}

func (p *Publisher) record(c command, principal string, outcome object) int64 {
	// Quoted, since what a peer sent must not forge lines of the log.
	log.Printf("breakertop: command by %s: %v %+q", principal, outcome, fmt.Sprintf("%+v", c))
	var circuit interface{}
	// A number of another boot says nothing about a circuit of this one.
	if b := p.find(c.circuit); b != nil && outcome["code"] != "wrong_boot" {
		circuit = b.id
	}
	return p.tell(circuit, "command", merge(outcome, object{"id": c.id, "action": c.action, "principal": principal,
		"claimed": c.operator, "reason": c.reason}))
}

func (p *Publisher) find(id int64) *Breaker {
	if id > int64(len(p.circuits)) {
		return nil
	}
	return p.circuits[id-1]
}

func (p *Publisher) accept() {
	defer p.done.Done()
	seats := maximumMonitors
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil && files.Cur/4 < maximumMonitors {
		seats = int(files.Cur/4) | 1 // the service itself must not run out of them
	}
	for {
		conn, err := p.claim.listener.AcceptUnix()
		if err != nil {
			select {
			case <-p.stop:
				return
			case <-time.After(100 * time.Millisecond): // out of file descriptors: it would fail again at once
				continue
			}
		}
		m := &monitor{publisher: p, conn: conn, uid: peer(conn), answers: make(chan interface{}, 64), news: make(chan struct{}, 1),
			done: make(chan struct{}), gone: make(chan struct{}), wanted: map[int64]bool{}, sent: map[int64]row{}}
		p.lock.Lock()
		isFull := len(p.monitors) >= seats || p.isStopped
		if !isFull {
			p.monitors[m] = true
			p.done.Add(1)
			go m.read()
			go m.run()
		}
		p.lock.Unlock()
		if isFull {
			message := fmt.Sprintf("%d monitors are connected already; try again later", seats)
			conn.SetWriteDeadline(time.Now().Add(time.Second))
			conn.Write(encode(object{"type": "error", "code": "too_many_connections", "message": message, "line": nil}))
			conn.Close()
		}
	}
}

// peer is the user at the other end, as the kernel says.
func peer(conn *net.UnixConn) uint32 {
	uid := uint32(1<<32 - 1) // nobody
	if raw, err := conn.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			if credentials, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
				uid = credentials.Uid
			}
		})
	}
	return uid
}

// A monitor is one connection. What its reader has to say goes through answers, and while that is full nothing more is read; of facts
// its writer only knows how far it got.
type monitor struct {
	publisher  *Publisher
	conn       *net.UnixConn
	uid        uint32
	answers    chan interface{} // objects to send, *subscription, last
	news       chan struct{}
	done, gone chan struct{} // the writer's end, the reader's end

	interval             int64
	filter               *string
	wanted               map[int64]bool
	revision             int64
	seq, replayEnd       int64
	isLive               bool
	nextSample, sampleAt int64
	position             int
	isWithinSample       bool
	sent                 map[int64]row
}

type subscription struct {
	interval, since int64 // since is -1 where it is absent
	filter          *string
}

type last object

// read takes lines until the monitor closes, or makes a mistake too many.
func (m *monitor) read() {
	defer close(m.gone)
	say := func(what interface{}) {
		select {
		case m.answers <- what:
		case <-m.done:
		}
	}
	reader := bufio.NewReaderSize(m.conn, lineBytes+1)
	isSubscribed, skipping, mistakes := false, false, 0
	for number := 1; ; {
		line, err := reader.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
		wasSkipping := skipping
		skipping = err == bufio.ErrBufferFull
		if wasSkipping {
			continue // the rest of a line that was too long
		}
		var problem *refusal
		var what interface{}
		isStranger := true
		if skipping {
			problem = &refusal{"line_too_long", fmt.Sprintf("a line may have at most %d bytes", lineBytes)}
		} else {
			what, isStranger, problem = m.take(line[:len(line)-1], isSubscribed)
		}
		if problem != nil {
			mistakes++
			message := object{"type": "error", "code": problem.code, "message": cut(problem.message, 200), "line": number}
			if !isSubscribed && isStranger || mistakes > maximumMistakes {
				say(last(message))
				return
			}
			what = message
		}
		if s, is := what.(*subscription); is {
			isSubscribed = true
			role := "observer"
			if _, found := m.publisher.operators[m.uid]; found {
				role = "operator"
			}
			say(object{"type": "subscribed", "interval_ms": s.interval, "role": role,
				"limits": object{"line_bytes": lineBytes, "commands_per_second": 20}})
		}
		if what != nil {
			say(what)
		}
		number++
	}
}

// take gives what is to be said to a line, or what is wrong with it, and whether only a stranger would send that before subscribe.
func (m *monitor) take(line []byte, isSubscribed bool) (what interface{}, isStranger bool, problem *refusal) {
	fields, problem := parse(line)
	if problem != nil {
		return nil, true, problem
	}
	kind := fields.text("type", 1, nameBytes, nil, nil)
	// Read whole before it is asked whether it belongs here.
	var c command
	isKnown := true
	switch kind {
	case "subscribe":
		fields.text("client", 1, nameBytes, nil, nil)
		s := &subscription{interval: fields.integer("interval_ms", 1, nil), since: fields.integer("events_since", 0, &minusOne)}
		if s.interval < 100 {
			s.interval = 100
		} else if s.interval > 60_000 {
			s.interval = 60_000
		}
		empty := ""
		if wanted := fields.text("filter", 0, nameBytes, nil, &empty); wanted != "" {
			s.filter = &wanted
		}
		fields.circuits("detail", true)
		what = s
	case "command":
		c = fields.command()
	case "detail":
		fields.circuits("circuits", false) // there are no histograms
	default:
		isKnown = false
	}
	switch {
	case fields.problem != nil:
		return nil, true, fields.problem
	case !isKnown || (kind == "subscribe") == isSubscribed:
		return nil, isKnown, &refusal{"unexpected", fmt.Sprintf("a `%s` does not belong here", cut(kind, 40))}
	case kind == "command":
		what = m.publisher.handle(c, m.uid)
	}
	return what, true, nil
}

// run sends until either side ends the conversation.
func (m *monitor) run() {
	defer func() {
		m.publisher.lock.Lock()
		delete(m.publisher.monitors, m)
		m.publisher.lock.Unlock()
		m.conn.Close()
		close(m.done)
		m.publisher.done.Done()
	}()
	timer := time.NewTimer(5 * time.Second)
	defer timer.Stop()
	if !m.send([]object{m.publisher.hello}) {
		return
	}
	for {
		select {
		case what := <-m.answers:
			switch what := what.(type) {
			case object:
				if !m.send([]object{what}) {
					return
				}
			case last:
				m.conn.SetWriteDeadline(time.Now().Add(time.Second))
				m.conn.Write(encode(object(what)))
				return
			case *subscription:
				m.begin(what)
			}
		case <-m.publisher.stop:
			m.sayGoodbye()
			return
		case <-m.gone:
			if len(m.answers) == 0 {
				return
			}
			continue // what it owes comes first, such as why it ends
		case <-m.news:
		case <-timer.C:
			if m.interval == 0 {
				m.send([]object{{"type": "error", "code": "timeout", "message": "no `subscribe` within 5 s", "line": nil}})
				return
			}
		}
		if m.interval == 0 {
			continue
		}
		for {
			facts, isDone := m.facts()
			if !m.send(facts) {
				return
			}
			if isDone || len(m.answers) > 0 {
				break
			}
		}
		wait := time.Duration(m.nextSample-upMs()) * time.Millisecond
		if !timer.Stop() {
			select {
			case <-timer.C:
			default:
			}
		}
		timer.Reset(wait)
	}
}

func (m *monitor) sayGoodbye() {
	for {
		select {
		case what := <-m.answers:
			if answer, is := what.(object); is && !m.send([]object{answer}) {
				return
			}
		default:
			m.send([]object{{"type": "bye", "reason": "shutdown"}})
			return
		}
	}
}

// send is false when the monitor does not take it in time.
func (m *monitor) send(messages []object) bool {
	var lines []byte
	for _, message := range messages {
		lines = append(lines, encode(message)...)
	}
	m.publisher.lock.Lock()
	patience := 10 * time.Second
	if m.publisher.isStopped {
		patience = time.Second
	}
	m.conn.SetWriteDeadline(time.Now().Add(patience))
	m.publisher.lock.Unlock()
	_, err := m.conn.Write(lines)
	return err == nil
}

func (m *monitor) begin(s *subscription) {
	p := m.publisher
	p.lock.Lock()
	defer p.lock.Unlock()
	m.interval, m.filter = s.interval, s.filter
	m.replayEnd, m.seq = p.seq, s.since
	if s.since >= 0 && s.since <= p.seq {
		return
	}
	m.seq = p.seq
	for i, room := len(p.events)-1, lineBytes; i >= 0 && i >= len(p.events)-piece; i-- {
		if room -= len(encode(merge(p.events[i], object{"replayed": true}))); room < 0 {
			return
		}
		m.seq--
	}
}

// facts gives descriptions, then events, then rows, a bounded piece of each, and whether that was all for now.
func (m *monitor) facts() (messages []object, isDone bool) {
	p := m.publisher
	p.lock.Lock()
	defer p.lock.Unlock()
	if m.revision < p.revision {
		var changed []*Breaker
		for _, b := range p.circuits {
			if b.revision > m.revision {
				changed = append(changed, b)
			}
		}
		sort.Slice(changed, func(i, j int) bool { return changed[i].revision < changed[j].revision })
		for i, b := range changed {
			if i == piece {
				return messages, false
			}
			m.revision = b.revision
			if m.filter == nil || strings.Contains(b.name, *m.filter) {
				m.wanted[b.id] = true
				messages = append(messages, b.describe())
			}
		}
	}
	messages = m.appendEvents(messages)
	if !m.isLive && m.seq < m.replayEnd {
		return messages, false
	}
	if !m.isLive || m.isWithinSample || upMs() >= m.nextSample {
		messages = append(messages, m.sample())
		if !m.isLive && !m.isWithinSample {
			m.isLive = true
			messages = append(messages, object{"type": "ready"})
		}
	}
	return messages, !m.isWithinSample && m.seq == p.seq
}

func (m *monitor) appendEvents(messages []object) []object {
	p := m.publisher
	before := p.seq - int64(len(p.events)) // the newest that is no longer kept
	if m.seq < before {
		messages = append(messages, object{"type": "gap", "from": m.seq + 1, "to": before})
		m.seq = before
	}
	for i := 0; i < piece && m.seq < p.seq; i++ {
		event := p.events[m.seq-before]
		m.seq++
		if id, is := event["circuit"].(int64); is && !m.wanted[id] {
			continue
		}
		if m.seq <= m.replayEnd {
			event = merge(event, object{"replayed": true})
		}
		messages = append(messages, event)
	}
	return messages
}

// sample gives the next piece of a sample: rows that changed since the last one, read now.
func (m *monitor) sample() object {
	p := m.publisher
	if !m.isWithinSample {
		m.isWithinSample, m.position, m.sampleAt = true, 0, p.seq
	}
	rows, now := []row{}, upMs()
	for ; m.position < len(p.circuits) && len(rows) < rowsPerLine; m.position++ {
		b := p.circuits[m.position]
		values := b.row()
		if m.wanted[b.id] && m.sent[b.id] != values {
			m.sent[b.id] = values
			rows = append(rows, values)
		}
	}
	message := object{"type": "sample", "t": time.Now().UnixMilli(), "up_ms": now, "seq": m.sampleAt, "rows": rows}
	if m.position == len(p.circuits) {
		m.isWithinSample = false
		m.nextSample = (now/m.interval + 1) * m.interval
		message["end"] = true
	}
	return message
}

// fields of a line. The first thing that is wrong with one is kept in problem; what is read after it means nothing.
type fields struct {
	values  map[string]json.RawMessage
	problem *refusal
}

// What a monitor may send.
const keys = " type client interval_ms filter detail events_since circuits " +
	" id boot circuit action for_ms reason operator if_override_rev "

// parse reads a line as one object.
func parse(line []byte) (*fields, *refusal) {
	if problem := check(line); problem != nil {
		return nil, problem
	}
	f := &fields{values: map[string]json.RawMessage{}}
	decoder := json.NewDecoder(bytes.NewReader(line))
	if token, _ := decoder.Token(); token != json.Delim('{') {
		return nil, &refusal{"malformed", "a line must be one object"}
	}
	for decoder.More() {
		token, _ := decoder.Token() // Nothing can fail: the line was found valid.
		key, _ := token.(string)
		var value json.RawMessage
		decoder.Decode(&value)
		if _, isTwice := f.values[key]; isTwice && strings.Contains(keys, " "+key+" ") {
			return nil, &refusal{"malformed", "`" + key + "` is there twice"}
		}
		f.values[key] = value
	}
	return f, nil
}

// check refuses what encoding/json lets pass: bad UTF-8, halves of surrogate pairs, deep nesting.
func check(line []byte) *refusal {
	depth, isText := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case isText && c == '\\':
			i++
		case c == '"':
			isText = !isText
		case !isText && (c == '{' || c == '['):
			if depth++; depth > nesting {
				return &refusal{"too_deep", fmt.Sprintf("nested deeper than %d levels", nesting)}
			}
		case !isText && (c == '}' || c == ']'):
			depth--
		}
	}
	if !utf8.Valid(line) || !json.Valid(line) || halfPair.Match(wholePairs.ReplaceAll(line, nil)) {
		return &refusal{"malformed", "no valid JSON in UTF-8"}
	}
	return nil
}

var (
	// Escapes that are no surrogates, and whole pairs; what is left of surrogates are halves.
	wholePairs = regexp.MustCompile(`\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)
	halfPair   = regexp.MustCompile(`\\u[dD][89a-fA-F]`)
	uuid       = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	bootForm   = regexp.MustCompile(`^[0-9a-fA-F]{16}$`)
	actionForm = regexp.MustCompile("^(" + strings.Join(actions, "|") + ")$")
)

func (f *fields) fail(code, message string) {
	if f.problem == nil {
		f.problem = &refusal{code, message}
	}
}

// value is nil where the field is absent or null; that is a problem unless it is optional.
func (f *fields) value(name string, isOptional bool) json.RawMessage {
	value, found := f.values[name]
	if found && string(value) != "null" {
		return value
	}
	if !isOptional {
		f.fail("missing_field", "`"+name+"` is missing or null")
	}
	return nil
}

func (f *fields) integer(name string, least int64, absent *int64) int64 {
	value := f.value(name, absent != nil)
	if value == nil {
		if absent != nil {
			return *absent
		}
		return 0
	}
	number, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil { // 1e3 is an integer, too
		var float float64
		float, err = strconv.ParseFloat(string(value), 64)
		if number = int64(float); float64(number) != float {
			number = -1
		}
	}
	if err != nil || number < least || number > largest {
		f.fail("bad_value", fmt.Sprintf("`%s` must be an integer from %d to %d", name, least, int64(largest)))
	}
	return number
}

func (f *fields) text(name string, least, most int, form *regexp.Regexp, absent *string) string {
	value := f.value(name, absent != nil)
	if value == nil {
		if absent != nil {
			return *absent
		}
		return ""
	}
	var text string
	if json.Unmarshal(value, &text) != nil || len(text) < least || len(text) > most || form != nil && !form.MatchString(text) {
		f.fail("bad_value", fmt.Sprintf("`%s` must be a text of %d to %d bytes %v", name, least, most, form))
	}
	return text
}

func (f *fields) shortText(name string) string {
	empty, characters := "", 0
	text := f.text(name, 0, textBytes, nil, &empty)
	for _, character := range text {
		if !unicode.Is(unicode.M, character) { // people count a letter and its accents as one
			characters++
		}
	}
	if characters > 200 {
		f.fail("bad_value", "`"+name+"` must have at most 200 characters")
	}
	return text
}

func (f *fields) circuits(name string, isOptional bool) {
	var ids []int64
	value := f.value(name, isOptional)
	if value != nil && (json.Unmarshal(value, &ids) != nil || len(ids) > 64) {
		f.fail("bad_value", "`"+name+"` must be a list of at most 64 circuits")
	}
	for _, id := range ids {
		if id < 1 {
			f.fail("bad_value", fmt.Sprintf("`%s`: %d is no circuit", name, id))
		}
	}
}

type command struct {
	id, boot, action, reason, operator string
	circuit, forMs, ifRev              int64 // forMs is 0 for until cleared, ifRev -1 where it is absent
}

var minusOne, zero int64 = -1, 0

func (f *fields) command() command {
	c := command{id: f.text("id", 36, 36, uuid, nil), boot: f.text("boot", 16, 16, bootForm, nil),
		circuit: f.integer("circuit", 1, nil), action: f.text("action", 1, nameBytes, actionForm, nil),
		forMs: f.integer("for_ms", 1, &zero), reason: f.shortText("reason"), operator: f.shortText("operator"),
		ifRev: f.integer("if_override_rev", 0, &minusOne)}
	if !strings.HasPrefix(c.action, "force_") {
		c.forMs = 0
	} else if _, found := f.values["for_ms"]; !found { // to forget it must not mean for ever
		f.fail("missing_field", "`for_ms` is missing; say how many milliseconds, or null for until cleared")
	}
	return c
}

func encode(message object) []byte {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err) // objects are made in this file, of texts and numbers only
	}
	return append(line, '\n')
}

// A claim is the right to a name in the folder, and the socket that listens there. The lock, not the file, says who lives.
type claim struct {
	path, lockPath string
	lock           *os.File
	listener       *net.UnixListener
	socket         os.FileInfo
}

func takeClaim(service, instance string) (*claim, error) {
	folder, err := findFolder()
	if err != nil {
		return nil, err
	}
	for number := 1; number <= 16; number++ {
		stem := folder + "/" + fileName(service) + "." + fileName(instance)
		if number > 1 {
			stem += "." + strconv.Itoa(number)
		}
		c := &claim{path: stem + ".sock", lockPath: stem + ".lock"}
		if len(c.path) > 107 {
			return nil, fmt.Errorf("socket path %q is longer than 107 bytes; set BREAKERTOP_DIR to a shorter folder", c.path)
		}
		if isTaken, err := c.takeLock(); err != nil {
			return nil, err
		} else if isTaken {
			continue
		}
		if err := c.listen(); err != nil {
			c.lock.Close()
			return nil, err
		}
		return c, nil
	}
	return nil, fmt.Errorf("16 live publishers are named %s/%s in %q; give each a name of its own", service, instance, folder)
}

func (c *claim) takeLock() (isTaken bool, err error) {
	for {
		c.lock, err = os.OpenFile(c.lockPath, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return false, err
		}
		err = syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == syscall.EWOULDBLOCK {
			c.lock.Close()
			return true, nil
		}
		// The last holder may have removed the file between our opening and locking it.
		ours, _ := c.lock.Stat()
		if named, missing := os.Lstat(c.lockPath); err == nil && missing == nil && os.SameFile(ours, named) {
			return false, nil
		}
		c.lock.Close()
		if err != nil && err != syscall.EINTR {
			return false, err
		}
	}
}

func (c *claim) listen() error {
	if old, err := os.Lstat(c.path); err == nil { // what a dead holder left
		if old.Mode()&os.ModeSocket == 0 {
			return fmt.Errorf("%q is in the way and is no socket; remove it", c.path)
		}
		os.Remove(c.path)
	}
	// The mode is set before there is a file that others could open.
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		raw.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), 0o600) })
		return err
	}}
	listener, err := config.Listen(context.Background(), "unix", c.path)
	if err != nil {
		return err
	}
	c.listener = listener.(*net.UnixListener)
	c.listener.SetUnlinkOnClose(false)
	c.socket, err = os.Lstat(c.path)
	return err
}

func (c *claim) removeSocket() {
	if now, err := os.Lstat(c.path); err == nil && os.SameFile(now, c.socket) {
		os.Remove(c.path)
	}
}

func (c *claim) release() {
	os.Remove(c.lockPath) // while it is still held
	c.lock.Close()
}

var unsafeInNames = regexp.MustCompile(`^\.|[^A-Za-z0-9._-]`)

func fileName(text string) string {
	return unsafeInNames.ReplaceAllStringFunc(text, func(character string) (encoded string) {
		for _, c := range []byte(character) {
			encoded += fmt.Sprintf("%%%02X", c)
		}
		return encoded
	})
}

// findFolder gives the first folder that is usable, made if need be. One that is not safe is an error: somebody may have put it there.
func findFolder() (string, error) {
	isWritable := func(path string) bool { return syscall.Access(path, 3) == nil } // W_OK | X_OK
	if chosen := os.Getenv("BREAKERTOP_DIR"); chosen != "" {
		return checkFolder(chosen, true)
	}
	if isWritable("/run/breakertop") {
		return checkFolder("/run/breakertop", false)
	}
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		path := runtime + "/breakertop"
		if _, err := os.Lstat(path); err == nil && isWritable(path) || err != nil && isWritable(runtime) {
			return checkFolder(path, true)
		}
	}
	return checkFolder(fmt.Sprintf("/tmp/breakertop-%d", os.Geteuid()), true)
}

func checkFolder(path string, make bool) (string, error) {
	if path = strings.TrimRight(path, "/"); path == "" { // lstat("link/") would follow the link
		path = "/"
	}
	if make {
		if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
			return "", err
		}
	}
	status, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !status.IsDir() {
		return "", fmt.Errorf("%q is no folder, or a symbolic link, which somebody else could turn; name the folder itself", path)
	}
	owner := status.Sys().(*syscall.Stat_t).Uid
	if owner != 0 && owner != uint32(os.Geteuid()) || status.Mode()&0o022 != 0 {
		return "", fmt.Errorf("folder %q (owner uid %d, mode %o) must belong to you or root and be writable by nobody else; "+
			"use a folder of your own, made by: mkdir -m 700 FOLDER", path, owner, status.Mode().Perm())
	}
	return path, nil
}
