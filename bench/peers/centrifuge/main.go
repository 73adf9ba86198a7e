// Peer "centrifuge" and "centrifuge-delay": the Centrifuge library's own chat of its README, with its memory engine.
//
// Anybody may connect, subscribe to any channel and publish into it; nothing is kept (history is off). Without
// -write-delay everything is the library's default. With it the connection is tuned as the library's docs advise
// for many messages per client: see tuned below. README.md beside this folder says why each choice was made.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
)

// tuned collects what is to be written to one client for the delay, in frames of any number of messages, by a timer
// instead of a goroutine per connection. Command replies are collected with the rest.
func tuned(delay time.Duration) centrifuge.ConnectReply {
	return centrifuge.ConnectReply{WriteDelay: delay, MaxMessagesInFrame: -1, WriteWithTimer: true}
}

func main() {
	port := flag.Int("port", 8000, "port on 127.0.0.1")
	writeDelay := flag.Duration("write-delay", 0, "how long writes to one client are collected; 0: not at all")
	flag.Parse()

	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}

	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		var reply centrifuge.ConnectReply
		if *writeDelay > 0 {
			reply = tuned(*writeDelay)
		}
		reply.Credentials = &centrifuge.Credentials{} // an empty user id: anonymous
		return reply, nil
	})

	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, cb centrifuge.SubscribeCallback) {
			cb(centrifuge.SubscribeReply{}, nil)
		})
		client.OnPublish(func(_ centrifuge.PublishEvent, cb centrifuge.PublishCallback) {
			cb(centrifuge.PublishReply{}, nil)
		})
	})

	if err := node.Run(); err != nil {
		log.Fatal(err)
	}

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, nil))
}
