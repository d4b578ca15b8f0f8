use super::{Queue, queue};
use crate::check::amqp::frames::{SessionError, method};
use crate::check::amqp::testing::{broker, closes, frame, sent};

fn open_ok() -> Vec<u8> {
    frame(1, &method((20, 11), 4).bytes(&[0; 4]))
}

#[tokio::test]
async fn a_queue_is_asked_for_and_never_created() {
    let declared = frame(1, &method((50, 11), 16).short("jobs").bytes(&[0, 0, 0, 3, 0, 0, 0, 1]));
    let (mut frames, theirs) = broker(&[&open_ok(), &declared]).await;
    assert_eq!(queue(&mut frames, "jobs").await.expect("it exists"), Queue::Open { messages: 3, consumers: 1 });
    // Passive, and no other flag; no arguments.
    let declare = frame(1, &method((50, 10), 16).bytes(&[0; 2]).short("jobs").bytes(&[1]).long(&[]));
    assert!(sent(frames, theirs).await.ends_with(&declare));
}

#[tokio::test]
async fn a_locked_queue_exists_and_a_missing_one_does_not() {
    let locked = closes(1, 405, "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'jobs' in vhost '/'");
    let (mut frames, theirs) = broker(&[&open_ok(), &locked]).await;
    assert_eq!(queue(&mut frames, "jobs").await.expect("it exists"), Queue::Exclusive);
    let confirmed = frame(1, &method((20, 41), 0));
    assert!(sent(frames, theirs).await.ends_with(&confirmed), "the broker waits for that");
    let missing = closes(1, 404, "NOT_FOUND - no queue 'jobs' in vhost '/'");
    let (mut frames, theirs) = broker(&[&open_ok(), &missing]).await;
    let error = queue(&mut frames, "jobs").await.expect_err("it is missing");
    assert!(matches!(error, SessionError::ChannelClosed(close) if close.code == 404));
    assert!(sent(frames, theirs).await.ends_with(&confirmed));
}

#[tokio::test]
async fn a_connection_is_closed_in_good_order() {
    let confirmed = frame(0, &method((10, 51), 0));
    let (mut frames, theirs) = broker(&[&confirmed]).await;
    frames.close().await.expect("it is confirmed");
    let close = method((10, 50), 32).bytes(&200_u16.to_be_bytes()).short("goodbye").bytes(&[0; 4]);
    assert_eq!(sent(frames, theirs).await, frame(0, &close));
}
