// SPDX-License-Identifier: Apache-2.0

// A service that charges cards all day. Its dependency fails as long as the file that is named as argument exists:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run . /tmp/fault &
//	breakertop                                  # watch; then: touch /tmp/fault, rm /tmp/fault
//
// A number after it adds so many circuits that open and probe all the time while the file exists.
package main

import (
	"errors"
	"log"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
)

func main() {
	fault, bulk := "/tmp/fault", 0
	if len(os.Args) > 1 {
		fault = os.Args[1]
	}
	if len(os.Args) > 2 {
		bulk, _ = strconv.Atoi(os.Args[2])
	}
	publisher, err := Publish("shop-go", "")
	if err != nil {
		log.Fatal(err)
	}
	defer publisher.Close()

	dependency := func() error {
		if _, err := os.Stat(fault); err == nil {
			return errors.New("503 no healthy upstream")
		}
		return nil
	}
	charge := mustBreaker(publisher, "payments.charge", 5, 1, 2*time.Second)
	ledger := mustBreaker(publisher, "ledger.post", 3, 2, 30*time.Second)
	var breakers []*Breaker
	for i := 0; i < bulk; i++ {
		breakers = append(breakers, mustBreaker(publisher, "bulk."+strconv.Itoa(i), 1, 1, 100*time.Millisecond))
	}

	stop := make(chan struct{})
	var workers sync.WaitGroup
	work := func(call func()) {
		defer workers.Done()
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				call()
			}
		}
	}
	pay := func() {
		// A real service would answer with its fallback when there is an error.
		_ = charge.Run(func() error {
			time.Sleep(2 * time.Millisecond)
			return dependency()
		})
	}
	workers.Add(4)
	go work(pay)
	go work(pay)
	go work(func() { _ = ledger.Run(func() error { return nil }) })
	go work(func() {
		for _, breaker := range breakers {
			_ = breaker.Run(dependency)
		}
	})

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	<-signals
	close(stop)
	workers.Wait()
}

func mustBreaker(p *Publisher, name string, errorThreshold, successThreshold int, timeout time.Duration) *Breaker {
	breaker, err := p.Breaker(name, errorThreshold, successThreshold, timeout)
	if err != nil {
		log.Fatal(err)
	}
	return breaker
}
