// Package port finds free TCP ports on the loopback address and says whether one is taken.
package port

import (
	"fmt"
	"net"
	"strconv"
)

// Loopback is the only address on which the development stack listens.
const Loopback = "127.0.0.1"

// Address returns "127.0.0.1:number".
func Address(number int) string {
	return net.JoinHostPort(Loopback, strconv.Itoa(number))
}

// Free returns a port of the loopback address on which nothing listens.
//
// The kernel is kept from handing the same port to the next caller: one connection is made to it and closed from the
// listening side, which leaves the port in TIME_WAIT, where only an explicit bind gets it.
func Free() (int, error) {
	listener, err := net.Listen("tcp4", Address(0))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer dialled.Close()
	accepted, err := listener.Accept()
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	accepted.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// Check returns an error when the loopback port cannot be listened on, which nearly always means that another program
// has it.
func Check(number int) error {
	listener, err := net.Listen("tcp4", Address(number))
	if err != nil {
		return err
	}
	return listener.Close()
}
