// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"gopkg.in/eapache/go-resiliency.v1/breaker"
)

func TestWhatWasCalledBeforeAClearIsLateAndDecidesNothing(t *testing.T) {
	p, b := published(t)
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- b.Run(func() error {
			close(begun)
			<-goOn
			return errors.New("late")
		})
	}()
	<-begun
	do(t, p, "force_open")
	if err := b.Run(func() error { t.Error("called"); return nil }); err != ErrForcedOpen {
		t.Error("not refused:", err)
	}
	do(t, p, "clear")
	close(goOn)
	<-ended
	expect(t, b, map[string]interface{}{"state": "half_open", "late_total": int64(1), "failed_total": int64(0), "in_flight": int64(0)})

	// One call at a time probes; the others are refused.
	err := b.Run(func() error {
		if err := b.Run(func() error { return nil }); err != breaker.ErrBreakerOpen {
			t.Error("a second probe call:", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	expect(t, b, map[string]interface{}{"state": "closed", "ok_total": int64(1), "rejected_total": int64(1), "calls_total": int64(2)})

	// A panic is a failure, and goes on to the caller.
	func() {
		defer func() {
			if recover() != "oops" {
				t.Error("the panic was lost")
			}
		}()
		_ = b.Run(func() error { panic("oops") })
	}()
	expect(t, b, map[string]interface{}{"state": "open", "failed_total": int64(1), "in_flight": int64(0), "opened_total": int64(1)})
}

func TestEventsBeyondTheAllowanceAreToldInNumber(t *testing.T) {
	p, b := published(t)
	p.lock.Lock()
	defer p.lock.Unlock()
	b.budget = newBucket(0, 20) // which time does not fill
	for i := 0; i < 15; i++ {
		b.open(0)
		b.move("closed", "reset")
	}
	p.tellLeftOut()
	for i, event := range p.events {
		if kind := map[bool]string{true: "state", false: "suppressed"}[i < 20]; event["kind"] != kind {
			t.Errorf("event %d is %v, expected %s", i, event, kind)
		}
	}
	if last := p.events[len(p.events)-1]; len(p.events) != 21 || last["suppressed_kind"] != "state" || last["count"] != int64(10) {
		t.Errorf("%d events, the last is %v", len(p.events), last)
	}
}

// published gives a breaker that opens at once, and its publisher.
func published(t *testing.T) (*Publisher, *Breaker) {
	t.Setenv("BREAKERTOP_DIR", t.TempDir())
	if err := os.Chmod(os.Getenv("BREAKERTOP_DIR"), 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := Publish("test", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	b, err := p.Breaker("slow", 1, 1, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return p, b
}

func do(t *testing.T, p *Publisher, action string) {
	c := command{id: action, boot: p.boot, circuit: 1, action: action, ifRev: -1}
	if result := p.handle(c, uint32(os.Geteuid())); result["ok"] != true {
		t.Fatal(result)
	}
}

func expect(t *testing.T, b *Breaker, expected map[string]interface{}) {
	t.Helper()
	b.publisher.lock.Lock()
	defer b.publisher.lock.Unlock()
	values := b.row()
	for i, column := range columns {
		if value, found := expected[column]; found && value != values[i] {
			t.Errorf("%s is %v, expected %v", column, values[i], value)
		}
	}
}
