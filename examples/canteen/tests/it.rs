//! The service as others see it: events in, and what becomes of them. No server is needed, and nothing waits: time is virtual.

use canteen::events::LunchOrdered;
use fabric::core::delivery::Disposition;
use fabric_testkit::harness::Harness;

#[tokio::test]
async fn an_event_reaches_its_handler() {
    let harness = Harness::start(canteen::service()).await;
    harness.publish(LunchOrdered::example()).await;
    harness.settle().await;
    let became = harness.dispositions("canteen.lunch_log");
    assert_eq!(became, [Disposition::Ack]);
}
